import type { JobWork, Scheduler } from '../../jobs/index.ts';
import type { KeyAlgorithm, Signer } from '../../pki/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/db/database.ts';
import type { Log } from '../../platform/log.ts';
import type { Random } from '../../platform/random.ts';
import { AccountKeys } from '../at-rest/account-keys.ts';
import type { MasterKeyRing } from '../at-rest/master-key-ring.ts';
import type { KeyOwner, KeyStore, UnsavedKey } from '../key-store.ts';
import type { Token } from './pkcs11/index.ts';
import { type RsaAlgorithm, type RsaKeyPair, RsaKeyPool, type RsaPoolSizes } from './rsa-key-pool.ts';
import { defaultSignerCacheLimits, SignerCache, type SignerCacheLimits, signerName } from './signer-cache.ts';
import { PrivateKeyNotFound, SoftwareKeyStore, type SoftwareKeyStorePorts } from './software-key-store.ts';
import { TokenKeys, tokenKeyDestructionKind, UnsavedTokenKey } from './token-keys.ts';

export interface KeyStorePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly masterKey: MasterKeyRing;
  /** All 0 if not given: keys are generated when they are asked for. */
  readonly rsaPoolSizes?: RsaPoolSizes;
  readonly signerCacheLimits?: SignerCacheLimits;
  /** Of the HSM cluster that keys can be in; none if not given. */
  readonly token?: Token | undefined;
  /** Needed for keys in an HSM: they are destroyed there after the transaction. */
  readonly scheduler?: Pick<Scheduler, 'schedule' | 'cancel'>;
}

/** A key store with what belongs to its life: the pool that fills in the background. */
export interface RunningKeyStore extends KeyStore {
  /** What time starts here, by kind: to be given to `jobs.handle` before the jobs start. */
  readonly jobHandlers: Readonly<Record<string, JobWork>>;
  /** Starts filling the pool of RSA keys and following changes of the master key; returns at once. */
  start(): void;
  /** A key pair from the pool, or generated in the account's turn; the caller owns it and wipes it. */
  takeRsaKeyPair(algorithm: RsaAlgorithm, accountId: string): Promise<RsaKeyPair>;
  /** Stops the pool and wipes its keys. */
  close(): Promise<void>;
}

/** Chooses where a key is: in the database, or in the token of an HSM. */
class ProvidedKeyStore extends SoftwareKeyStore implements RunningKeyStore {
  readonly jobHandlers: Readonly<Record<string, JobWork>>;
  readonly #tokenKeys: TokenKeys;
  readonly #signers: SignerCache;
  readonly #pool: RsaKeyPool;
  readonly #masterKey: MasterKeyRing;

  constructor(software: SoftwareKeyStorePorts, tokenKeys: TokenKeys, masterKey: MasterKeyRing) {
    super(software);
    this.#tokenKeys = tokenKeys;
    this.#signers = software.signers;
    this.#pool = software.rsaPool;
    this.#masterKey = masterKey;
    this.jobHandlers = { [tokenKeyDestructionKind]: (job) => tokenKeys.destroyUnrecorded(job) };
  }

  override async generate(
    owner: KeyOwner,
    algorithm: KeyAlgorithm,
    hsmClusterId?: string,
  ): Promise<UnsavedKey> {
    if (hsmClusterId === undefined) return await super.generate(owner, algorithm);
    return await this.#tokenKeys.generate(owner, algorithm, hsmClusterId);
  }

  override async save(transaction: Transaction, key: UnsavedKey): Promise<void> {
    if (key instanceof UnsavedTokenKey) await this.#tokenKeys.save(transaction, key);
    else await super.save(transaction, key);
  }

  override async signer(owner: KeyOwner, keyId: string): Promise<Signer> {
    try {
      return await super.signer(owner, keyId);
    } catch (error) {
      if (!(error instanceof PrivateKeyNotFound)) throw error;
      const signer = await this.#tokenKeys.findSigner(owner, keyId);
      if (signer === undefined) throw error;
      // From now on the software's look into the cache finds it.
      this.#signers.set(signerName(owner, keyId), signer);
      return signer;
    }
  }

  override async destroy(transaction: Transaction, owner: KeyOwner, keyId: string): Promise<void> {
    this.#signers.condemn(signerName(owner, keyId));
    if (!(await this.#tokenKeys.remove(transaction, owner, keyId)))
      await super.destroy(transaction, owner, keyId);
  }

  start(): void {
    this.#pool.start();
    this.#masterKey.startWatching();
  }

  async takeRsaKeyPair(algorithm: RsaAlgorithm, accountId: string): Promise<RsaKeyPair> {
    return await this.#pool.take(algorithm, accountId);
  }

  async close(): Promise<void> {
    this.#masterKey.stopWatching();
    await this.#pool.close();
  }
}

/** Private keys in the database, wrapped, or in the token of an HSM; without one it needs nothing but database and master key. */
export function createKeyStore(ports: KeyStorePorts): RunningKeyStore {
  const { database, clock, random, log, masterKey } = ports;
  const software = {
    database,
    clock,
    random,
    accountKeys: new AccountKeys({ database, clock, random, masterKey }),
    rsaPool: new RsaKeyPool({ log, sizes: ports.rsaPoolSizes ?? { RSA2048: 0, RSA3072: 0, RSA4096: 0 } }),
    signers: new SignerCache(clock, ports.signerCacheLimits ?? defaultSignerCacheLimits),
  };
  const tokenKeys = new TokenKeys({
    database,
    clock,
    random,
    token: ports.token,
    scheduler: ports.scheduler,
  });
  return new ProvidedKeyStore(software, tokenKeys, masterKey);
}
