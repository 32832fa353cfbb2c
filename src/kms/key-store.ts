import type { KeyAlgorithm, Signer } from '../pki/index.ts';
import type { Transaction } from '../platform/db/database.ts';

/** For whom a key is kept; decides which account key wraps it (`pca/default`, `scm/default`, or the system's). */
export interface KeyOwner {
  readonly accountId: string;
  readonly purpose: 'pca' | 'scm' | 'system';
}

/** A key pair that was generated or brought in, wrapped already, not stored yet: it exists once `save` has committed. */
export interface UnsavedKey {
  readonly keyId: string;
  readonly owner: KeyOwner;
  readonly algorithm: KeyAlgorithm;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKeySpki: Uint8Array;
  /** Uses the key before it is stored, for a self-signed certificate or a request. */
  readonly signer: Signer;
}

/**
 * Private keys of CAs and certificates. The private key leaves only by `exportPrivateKey`, which callers must have
 * authorised. Generating and wrapping happen outside a transaction, storing inside the caller's.
 */
export interface KeyStore {
  /**
   * From the pool of ready keys where there is one (RSA), else generated now off the main thread. With `hsmClusterId` in the token of
   * that cluster: what is not saved within an hour is destroyed there. Then throws `KeyUnavailable`, also from `sign`, while the
   * token is away, and UnsupportedAlgorithmError for all but RSA and the NIST curves.
   */
  generate(owner: KeyOwner, algorithm: KeyAlgorithm, hsmClusterId?: string): Promise<UnsavedKey>;
  /** Takes a PKCS#8 private key in. */
  importPrivateKey(owner: KeyOwner, privateKeyPkcs8: Uint8Array): Promise<UnsavedKey>;
  save(transaction: Transaction, key: UnsavedKey): Promise<void>;
  /** Signer of a stored key, cached unwrapped for a bounded time. Throws if the key is not the owner's. */
  signer(owner: KeyOwner, keyId: string): Promise<Signer>;
  /** PKCS#8 DER of a stored key; the caller wipes it (`fill(0)`) after use. Throws for a key in an HSM. */
  exportPrivateKey(owner: KeyOwner, keyId: string): Promise<Uint8Array>;
  /** Destroys the wrapped key irrecoverably, one in an HSM soon after the commit; cached signers are dropped after the commit. */
  destroy(transaction: Transaction, owner: KeyOwner, keyId: string): Promise<void>;
}
