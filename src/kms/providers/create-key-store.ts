import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import type { Log } from '../../platform/log.ts';
import type { Random } from '../../platform/random.ts';
import { AccountKeys } from '../at-rest/account-keys.ts';
import type { MasterKeyRing } from '../at-rest/master-key-ring.ts';
import type { KeyStore } from '../key-store.ts';
import { type RsaAlgorithm, type RsaKeyPair, RsaKeyPool, type RsaPoolSizes } from './rsa-key-pool.ts';
import { defaultSignerCacheLimits, SignerCache, type SignerCacheLimits } from './signer-cache.ts';
import { SoftwareKeyStore } from './software-key-store.ts';

export interface KeyStorePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly masterKey: MasterKeyRing;
  /** All 0 if not given: keys are generated when they are asked for. */
  readonly rsaPoolSizes?: RsaPoolSizes;
  readonly signerCacheLimits?: SignerCacheLimits;
}

/** A key store with what belongs to its life: the pool that fills in the background. */
export interface RunningKeyStore extends KeyStore {
  /** Starts filling the pool of RSA keys and following changes of the master key; returns at once. */
  start(): void;
  /** A key pair from the pool, or generated now; it is the caller's, who wipes it. */
  takeRsaKeyPair(algorithm: RsaAlgorithm): Promise<RsaKeyPair>;
  /** Stops the pool and wipes its keys. */
  close(): Promise<void>;
}

class PooledKeyStore extends SoftwareKeyStore implements RunningKeyStore {
  readonly #pool: RsaKeyPool;
  readonly #masterKey: MasterKeyRing;

  constructor(ports: ConstructorParameters<typeof SoftwareKeyStore>[0], masterKey: MasterKeyRing) {
    super(ports);
    this.#pool = ports.rsaPool;
    this.#masterKey = masterKey;
  }

  start(): void {
    this.#pool.start();
    this.#masterKey.startWatching();
  }

  async takeRsaKeyPair(algorithm: RsaAlgorithm): Promise<RsaKeyPair> {
    return await this.#pool.take(algorithm);
  }

  async close(): Promise<void> {
    this.#masterKey.stopWatching();
    await this.#pool.close();
  }
}

/** The software provider: private keys in the database, wrapped; needs nothing but the database and the master key. */
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
  return new PooledKeyStore(software, masterKey);
}
