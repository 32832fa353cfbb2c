import type { Clock } from '../../platform/clock.ts';
import type { Reader } from '../../platform/db/index.ts';
import { findAccessKeyOfAnyAccount } from '../access-keys/store.ts';
import type { SecretWrapper } from '../secret-wrapper.ts';
import type { SessionTable } from '../tables.ts';
import { findSessionByAccessKey } from '../tokens/store.ts';
import { FreshCache, type IdentityVersion } from './fresh-cache.ts';

/** An access key with its secret: of a user for good, or of a session for a while. */
export type SigningKey =
  | {
      readonly kind: 'permanent';
      readonly userId: string;
      readonly accountId: string;
      readonly secret: string;
      lastUsedAt: number | null;
    }
  | { readonly kind: 'temporary'; readonly session: SessionTable; readonly secret: string };

const maximumKeys = 10_000;

/** Additional data of a wrapped secret: it cannot be moved to another key. */
export function secretPlace(accessKey: string): string {
  return `iam access key ${accessKey}`;
}

export class SigningKeyLoader {
  readonly #reader: Reader;
  readonly #wrapper: SecretWrapper;
  readonly #cache: FreshCache<SigningKey>;

  constructor(reader: Reader, wrapper: SecretWrapper, clock: Clock, version: IdentityVersion) {
    this.#reader = reader;
    this.#wrapper = wrapper;
    this.#cache = new FreshCache(clock, version, maximumKeys);
  }

  /** Undefined for an unknown or inactive key. */
  find(accessKey: string): Promise<SigningKey | undefined> {
    return this.#cache.get(accessKey, () => this.#load(accessKey));
  }

  async #load(accessKey: string): Promise<SigningKey | undefined> {
    const permanent = await findAccessKeyOfAnyAccount(this.#reader, accessKey);
    if (permanent) {
      if (permanent.status !== 'active') return undefined;
      return {
        kind: 'permanent',
        userId: permanent.user_id,
        accountId: permanent.account_id,
        secret: await this.#unwrap(accessKey, permanent.wrapped_secret),
        lastUsedAt: permanent.last_used_at,
      };
    }
    const session = await findSessionByAccessKey(this.#reader, accessKey);
    if (session?.use !== 'signature' || session.wrapped_secret === null) return undefined;
    return { kind: 'temporary', session, secret: await this.#unwrap(accessKey, session.wrapped_secret) };
  }

  async #unwrap(accessKey: string, wrapped: Uint8Array): Promise<string> {
    const plaintext = await this.#wrapper.unwrap(wrapped, secretPlace(accessKey));
    const secret = Buffer.from(plaintext).toString('utf8');
    plaintext.fill(0);
    return secret;
  }
}
