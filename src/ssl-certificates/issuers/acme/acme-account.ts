import { Client } from 'acme-client';
import type { KeyOwner, KeyStore } from '../../../kms/index.ts';
import { encodePem } from '../../../pki/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import {
  changeIssuerState,
  findIssuerState,
  type IssuerState,
  insertIssuerStateIfAbsent,
} from '../issuer-state-store.ts';
import { AcmeProblem, type AcmeServer, type Exchanged, exchange } from './acme-transport.ts';

export interface AcmeAccountPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly keyStore: Pick<KeyStore, 'generate' | 'save' | 'exportPrivateKey'>;
}

/** An ACME server, and how accounts with it are made. */
export interface AcmeAccountSettings extends AcmeServer {
  /** `mailto:` addresses. */
  readonly contact: readonly string[];
  /** RFC 8555 §7.3.4; the key in base64url. */
  readonly externalAccountBinding: { readonly kid: string; readonly hmacKey: string } | undefined;
}

interface AccountState {
  readonly keyId: string;
  /** As the server named the account; null until it did. */
  readonly url: string | null;
}

/** Requests on behalf of an account, each an exchange of its own. */
export type AcmeSession = <Result>(work: (client: Client) => Promise<Result>) => Promise<Exchanged<Result>>;

const keyOwner: KeyOwner = { accountId: 'system', purpose: 'system' };

/**
 * Accounts with an ACME server, one for each account of this installation: authorizations belong to an ACME account, and servers use
 * them again. Tenants that shared one would get certificates for names which another tenant has proven.
 */
export class AcmeAccounts {
  readonly #ports: AcmeAccountPorts;
  readonly #settings: AcmeAccountSettings;

  constructor(ports: AcmeAccountPorts, settings: AcmeAccountSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Makes the account at first use. Throws AcmeProblem, OutboundRefused and OutboundFailed. */
  async use<Result>(accountId: string, work: (session: AcmeSession) => Promise<Result>): Promise<Result> {
    const stored = await this.#stored(accountId);
    const { keyId, url } = JSON.parse(stored.state) as AccountState;
    const pkcs8 = await this.#ports.keyStore.exportPrivateKey(keyOwner, keyId);
    const accountKey = Buffer.from(encodePem('PRIVATE KEY', pkcs8));
    pkcs8.fill(0);
    try {
      const client = this.#client(accountKey, url);
      const session: AcmeSession = (step) =>
        exchange(this.#settings, this.#ports.clock.nowMs(), () => step(client));
      if (url === null) await this.#register(client, session, stored, keyId);
      return await work(session);
    } catch (error) {
      // The server has lost or removed the account: the next time it is made again, with the same key.
      if (error instanceof AcmeProblem && error.type === 'accountDoesNotExist') {
        await this.#write(stored, { keyId, url: null });
      }
      throw error;
    } finally {
      accountKey.fill(0);
    }
  }

  #client(accountKey: Buffer, url: string | null): Client {
    const { directoryUrl, externalAccountBinding } = this.#settings;
    return new Client({
      directoryUrl,
      accountKey,
      ...(url !== null && { accountUrl: url }),
      ...(externalAccountBinding && { externalAccountBinding }),
    });
  }

  async #register(client: Client, session: AcmeSession, stored: IssuerState, keyId: string): Promise<void> {
    const contact = [...this.#settings.contact];
    await session(() => client.createAccount({ termsOfServiceAgreed: true, contact }));
    await this.#write(stored, { keyId, url: client.getAccountUrl() });
  }

  async #write(seen: IssuerState, state: AccountState): Promise<void> {
    await this.#ports.database.transaction((transaction) =>
      changeIssuerState(transaction, seen, JSON.stringify(state)),
    );
  }

  async #stored(accountId: string): Promise<IssuerState> {
    const { database, keyStore } = this.#ports;
    const { directoryUrl, externalAccountBinding } = this.#settings;
    const name = ['acme', accountId, directoryUrl, externalAccountBinding?.kid ?? ''].join(' ');
    const known = await findIssuerState(database, name);
    if (known) return known;
    const key = await keyStore.generate(keyOwner, 'EC256');
    const state: AccountState = { keyId: key.keyId, url: null };
    await database.transaction(async (transaction) => {
      if (await insertIssuerStateIfAbsent(transaction, name, JSON.stringify(state))) {
        await keyStore.save(transaction, key);
      }
    });
    return (await findIssuerState(database, name))!;
  }
}
