import type { Job, NewJob, Scheduler } from '../../jobs/index.ts';
import { type KeyAlgorithm, type Signer, signPieces } from '../../pki/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/db/database.ts';
import type { Random } from '../../platform/random.ts';
import type { KeyOwner, UnsavedKey } from '../key-store.ts';
import { KeyUnavailable } from '../key-unavailable.ts';
import type { TokenPrivateKeyTable } from '../tables.ts';
import {
  type Token,
  TokenKeyMissing,
  TokenRefused,
  TokenUnavailable,
  tokenAlgorithmOf,
  tokenSigner,
} from './pkcs11/index.ts';
import { deleteTokenKey, findTokenKey, findTokenKeyOfAnyOwner, insertTokenKey } from './token-key-store.ts';

export interface TokenKeysPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined: no HSM is connected. */
  readonly token: Token | undefined;
  /** Needed by keys in an HSM only. */
  readonly scheduler: Pick<Scheduler, 'schedule' | 'cancel'> | undefined;
}

export const tokenKeyDestructionKind = 'kms:token-key:destroy';

/** Far longer than a request takes: by then the key was saved, or never will be. */
const unsavedKeyMs = 3_600_000;

interface Destruction {
  readonly clusterId: string;
  readonly purpose: KeyOwner['purpose'];
}

export class UnsavedTokenKey implements UnsavedKey {
  readonly keyId: string;
  readonly owner: KeyOwner;
  readonly signer: Signer;
  readonly clusterId: string;

  constructor(keyId: string, owner: KeyOwner, signer: Signer, clusterId: string) {
    this.keyId = keyId;
    this.owner = owner;
    this.signer = signer;
    this.clusterId = clusterId;
  }

  get algorithm(): KeyAlgorithm {
    return this.signer.keyAlgorithm;
  }

  get publicKeySpki(): Uint8Array {
    return this.signer.publicKeySpki;
  }
}

/**
 * Private keys that are born in the token of an HSM cluster and stay there; the database has their public halves. The token knows
 * no transactions, so a key without a row is destroyed by a job: one is waiting before the key is made, saving the key removes it, and
 * removing the row brings it back.
 */
export class TokenKeys {
  readonly #ports: TokenKeysPorts;

  constructor(ports: TokenKeysPorts) {
    this.#ports = ports;
  }

  /** Throws `KeyUnavailable`, and UnsupportedAlgorithmError for an algorithm that tokens do not hold. */
  async generate(owner: KeyOwner, algorithm: KeyAlgorithm, clusterId: string): Promise<UnsavedTokenKey> {
    const tokenAlgorithm = tokenAlgorithmOf(algorithm);
    const token = this.#requireToken(clusterId);
    const keyId = this.#ports.random.uuid();
    const dueMs = this.#ports.clock.nowMs() + unsavedKeyMs;
    await this.#ports.database.transaction((transaction) =>
      this.#scheduleDestruction(transaction, owner, keyId, clusterId, dueMs),
    );
    const name = nameInToken(owner.purpose, keyId);
    const spki = await reaching(clusterId, () => token.generateKeyPair(name, tokenAlgorithm));
    return new UnsavedTokenKey(keyId, owner, signerOf(token, name, algorithm, spki), clusterId);
  }

  async save(transaction: Transaction, key: UnsavedTokenKey): Promise<void> {
    await this.#requireScheduler().cancel(transaction, tokenKeyDestructionKind, key.keyId);
    await insertTokenKey(transaction, {
      key_id: key.keyId,
      account_id: key.owner.accountId,
      purpose: key.owner.purpose,
      cluster_id: key.clusterId,
      algorithm: key.algorithm,
      public_key_spki: key.publicKeySpki,
      created_at: this.#ports.clock.nowMs(),
    });
  }

  /** Undefined if the owner has no such key in an HSM. Throws `KeyUnavailable`. */
  async findSigner(owner: KeyOwner, keyId: string): Promise<Signer | undefined> {
    const row = await findTokenKey(this.#ports.database, owner, keyId);
    if (row === undefined) return undefined;
    const token = this.#requireToken(row.cluster_id);
    const name = nameInToken(owner.purpose, keyId);
    return signerOf(token, name, row.algorithm as KeyAlgorithm, row.public_key_spki);
  }

  /** False if the owner has no such key in an HSM. The key leaves the token after the commit, as soon as the token answers. */
  async remove(transaction: Transaction, owner: KeyOwner, keyId: string): Promise<boolean> {
    const row: TokenPrivateKeyTable | undefined = await findTokenKey(transaction, owner, keyId);
    if (row === undefined || !(await deleteTokenKey(transaction, owner, keyId))) return false;
    const nowMs = this.#ports.clock.nowMs();
    await this.#scheduleDestruction(transaction, owner, keyId, row.cluster_id, nowMs);
    return true;
  }

  /** The job: destroys the key in the token unless it has a row. Throws `KeyUnavailable`, so it is tried until the HSM answers. */
  async destroyUnrecorded(job: Pick<Job, 'key' | 'payload'>): Promise<void> {
    if ((await findTokenKeyOfAnyOwner(this.#ports.database, job.key)) !== undefined) return;
    const { clusterId, purpose } = job.payload as Destruction;
    const token = this.#requireToken(clusterId);
    await reaching(clusterId, () => token.destroyKey(nameInToken(purpose, job.key)));
  }

  async #scheduleDestruction(
    transaction: Transaction,
    { accountId, purpose }: KeyOwner,
    key: string,
    clusterId: string,
    dueMs: number,
  ): Promise<void> {
    const payload: Destruction = { clusterId, purpose };
    const job: NewJob = { kind: tokenKeyDestructionKind, key, dueMs, payload, accountId };
    await this.#requireScheduler().schedule(transaction, job);
  }

  #requireScheduler() {
    const { scheduler } = this.#ports;
    if (scheduler === undefined) throw new Error('keys in an HSM need a scheduler');
    return scheduler;
  }

  #requireToken(clusterId: string): Token {
    const { token } = this.#ports;
    if (token?.clusterId === clusterId) return token;
    throw new KeyUnavailable(`The HSM cluster ${clusterId} is not connected to this installation.`);
  }
}

/** How a private key is called in the token. */
function nameInToken(purpose: KeyOwner['purpose'], keyId: string): string {
  return `${purpose} ${keyId}`;
}

function signerOf(token: Token, name: string, algorithm: KeyAlgorithm, spki: Uint8Array): Signer {
  const signer = tokenSigner(token, name, algorithm, spki);
  return {
    ...signer,
    sign: (tbs, algorithm) => reaching(token.clusterId, () => signer.sign(tbs, algorithm)),
    signPieces: (pieces, algorithm) => reaching(token.clusterId, () => signPieces(signer, pieces, algorithm)),
  };
}

async function reaching<Result>(clusterId: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const problem =
      error instanceof TokenUnavailable
        ? 'is not available'
        : error instanceof TokenKeyMissing
          ? 'does not have the key any more'
          : error instanceof TokenRefused
            ? 'does not support this operation'
            : undefined;
    if (problem === undefined) throw error;
    throw new KeyUnavailable(`The HSM cluster ${clusterId} ${problem}.`, { cause: error });
  }
}
