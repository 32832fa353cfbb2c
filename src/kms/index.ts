/** The door of keys: what keeps other capabilities' private keys, and the key management service itself. */
/** Opened once at start, before everything that keeps secrets. */

/** How this service words what the platform and identity find: for `registerApi`. */
export { apiErrors } from './api-errors.ts';
export { MasterKeyRefused } from './at-rest/master-key-refused.ts';
export type { MasterKeyRing as MasterKey } from './at-rest/master-key-ring.ts';
export type { MasterKeySource } from './at-rest/master-key-source.ts';
export { type OpenMasterKeyPorts, openMasterKey } from './at-rest/open-master-key.ts';
export {
  type MasterKeyRotation,
  type RotateMasterKeyPorts,
  rotateMasterKey,
} from './at-rest/rotate-master-key.ts';
export { SealBroken } from './at-rest/sealed-box.ts';
export { createSecretWrapper, type WrapsSecrets } from './at-rest/secret-wrapper.ts';
export { defaultQuotas, type KmsPorts, type KmsQuotas } from './context.ts';
export { createKms, type Kms } from './create-kms.ts';
export type { KeyOwner, KeyStore, UnsavedKey } from './key-store.ts';
export { KeyUnavailable } from './key-unavailable.ts';
export { migrations } from './migrations.ts';
export { createKeyStore, type KeyStorePorts, type RunningKeyStore } from './providers/create-key-store.ts';
export {
  openToken,
  type Pkcs11Settings,
  type Token,
  TokenUnavailable,
} from './providers/pkcs11/index.ts';
export type { RsaPoolSizes } from './providers/rsa-key-pool.ts';
export { PrivateKeyNotFound } from './providers/software-key-store.ts';
/** As `GET /` of the service describes it. */
export { kmsVersion } from './version-routes.ts';
