import { generateKeyPair, type KeyAlgorithm, type Signer, signerFromPkcs8 } from '../../pki/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/db/database.ts';
import type { Random } from '../../platform/random.ts';
import type { AccountKeys } from '../at-rest/account-keys.ts';
import type { KeyOwner, KeyStore, UnsavedKey } from '../key-store.ts';
import type { PrivateKeyTable } from '../tables.ts';
import type { RsaKeyPool } from './rsa-key-pool.ts';
import { type SignerCache, signerName } from './signer-cache.ts';
import { deletePrivateKey, findPrivateKey, insertPrivateKey } from './store.ts';
import { unwrapPrivateKey, wrapPrivateKey } from './wrapped-private-key.ts';

/** The owner has no key of that id; it was destroyed, or is another's. */
export class PrivateKeyNotFound extends Error {
  constructor(keyId: string) {
    super(`private key ${keyId} does not exist for this owner`);
    this.name = 'PrivateKeyNotFound';
  }
}

export interface SoftwareKeyStorePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly accountKeys: AccountKeys;
  readonly rsaPool: RsaKeyPool;
  readonly signers: SignerCache;
}

class WrappedUnsavedKey implements UnsavedKey {
  readonly keyId: string;
  readonly owner: KeyOwner;
  readonly algorithm: KeyAlgorithm;
  readonly publicKeySpki: Uint8Array;
  readonly signer: Signer;
  readonly wrapped: Uint8Array;

  constructor(keyId: string, owner: KeyOwner, signer: Signer, wrapped: Uint8Array) {
    this.keyId = keyId;
    this.owner = owner;
    this.algorithm = signer.keyAlgorithm;
    this.publicKeySpki = signer.publicKeySpki;
    this.signer = signer;
    this.wrapped = wrapped;
  }
}

/** Keys in the database, wrapped by the account's key, and signing in this process. */
export class SoftwareKeyStore implements KeyStore {
  readonly #ports: SoftwareKeyStorePorts;
  readonly #loading = new Map<string, Promise<Signer>>();

  constructor(ports: SoftwareKeyStorePorts) {
    this.#ports = ports;
  }

  async generate(owner: KeyOwner, algorithm: KeyAlgorithm): Promise<UnsavedKey> {
    const pair =
      algorithm === 'RSA2048' || algorithm === 'RSA3072' || algorithm === 'RSA4096'
        ? await this.#ports.rsaPool.take(algorithm, owner.accountId)
        : await generateKeyPair(algorithm);
    try {
      return await this.importPrivateKey(owner, pair.privateKeyPkcs8);
    } finally {
      pair.privateKeyPkcs8.fill(0);
    }
  }

  async importPrivateKey(owner: KeyOwner, privateKeyPkcs8: Uint8Array): Promise<UnsavedKey> {
    const { accountKeys, random } = this.#ports;
    const signer = signerFromPkcs8(privateKeyPkcs8);
    const keyId = random.uuid();
    const at = { keyId, owner, algorithm: signer.keyAlgorithm };
    const wrapped = wrapPrivateKey(await accountKeys.current(owner), random, at, privateKeyPkcs8);
    return new WrappedUnsavedKey(keyId, owner, signer, wrapped);
  }

  async save(transaction: Transaction, key: UnsavedKey): Promise<void> {
    if (!(key instanceof WrappedUnsavedKey)) throw new TypeError('the key was made by another key store');
    await insertPrivateKey(transaction, {
      key_id: key.keyId,
      account_id: key.owner.accountId,
      purpose: key.owner.purpose,
      algorithm: key.algorithm,
      public_key_spki: key.publicKeySpki,
      wrapped_private_key: key.wrapped,
      created_at: this.#ports.clock.nowMs(),
    });
  }

  async signer(owner: KeyOwner, keyId: string): Promise<Signer> {
    const name = signerName(owner, keyId);
    const cached = this.#ports.signers.get(name);
    if (cached) return cached;
    // Many requests may miss at once when a busy CA's signer expires; one of them unwraps.
    const loading = this.#loading.get(name) ?? this.#loadSigner(owner, keyId, name);
    this.#loading.set(name, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(name);
    }
  }

  async exportPrivateKey(owner: KeyOwner, keyId: string): Promise<Uint8Array> {
    return await this.#unwrap(await this.#getRow(owner, keyId), owner);
  }

  async destroy(transaction: Transaction, owner: KeyOwner, keyId: string): Promise<void> {
    this.#ports.signers.condemn(signerName(owner, keyId));
    if (!(await deletePrivateKey(transaction, owner, keyId))) throw new PrivateKeyNotFound(keyId);
  }

  async #loadSigner(owner: KeyOwner, keyId: string, name: string): Promise<Signer> {
    const privateKey = await this.#unwrap(await this.#getRow(owner, keyId), owner);
    const signer = signerFromPkcs8(privateKey);
    privateKey.fill(0);
    this.#ports.signers.set(name, signer);
    return signer;
  }

  async #getRow(owner: KeyOwner, keyId: string): Promise<PrivateKeyTable> {
    const row = await findPrivateKey(this.#ports.database, owner, keyId);
    if (!row) throw new PrivateKeyNotFound(keyId);
    return row;
  }

  async #unwrap(row: PrivateKeyTable, owner: KeyOwner): Promise<Uint8Array> {
    const algorithm = row.algorithm as KeyAlgorithm;
    const at = { keyId: row.key_id, owner, algorithm };
    return await unwrapPrivateKey(this.#ports.accountKeys, at, row.wrapped_private_key);
  }
}
