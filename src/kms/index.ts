// The door of keys: what keeps other capabilities' private keys, and the key management service itself.

/** How this service words what the platform and identity find: for `registerApi`. */
export { apiErrors } from './api-errors.ts';
/** Thrown at start where the master key is missing, malformed or another one: the message is for the operator, without a key. */
export { MasterKeyRefused } from './at-rest/master-key-refused.ts';
/** The opened master key, or two while it is changed; made by `openMasterKey` only. */
export type { MasterKeyRing as MasterKey } from './at-rest/master-key-ring.ts';
/** Where the master key comes from: a file, a variable of the environment, an HSM. */
export type { MasterKeySource } from './at-rest/master-key-source.ts';
/** Opens the master key before anything that keeps secrets, and proves it is the database's. Throws `MasterKeyRefused`. */
export { type OpenMasterKeyPorts, openMasterKey } from './at-rest/open-master-key.ts';
/** Changes the master key of a database, while nodes serve or not; can be repeated after a crash. */
export {
  type MasterKeyRotation,
  type RotateMasterKeyPorts,
  rotateMasterKey,
} from './at-rest/rotate-master-key.ts';
/** Thrown where wrapped data does not open: it was changed, moved, or is of another key. */
export { SealBroken } from './at-rest/sealed-box.ts';
/** Wraps secrets of other capabilities; needs the database and the master key only. `unwrap` throws `SealBroken`. */
export { createSecretWrapper, type WrapsSecrets } from './at-rest/secret-wrapper.ts';
/** What the service needs, and how many keys and grants there may be. */
export { defaultQuotas, type KmsPorts, type KmsQuotas } from './context.ts';
/** The key management service: its routes and its work that time starts. */
export { createKms, type Kms } from './create-kms.ts';
/** Private keys of CAs and certificates, as other capabilities use them. */
export type { KeyOwner, KeyStore, UnsavedKey } from './key-store.ts';
/** Thrown where a key cannot be reached for now, as its HSM is away. */
export { KeyUnavailable } from './key-unavailable.ts';
/** Limits on the rows of each kind. */
export { kmsLimits } from './limits.ts';
/** The tables of this capability. */
export { migrations } from './migrations.ts';
/** What becomes unreachable with a project. */
export { projectContents } from './project-contents-store.ts';
/** The key store: software keys in the database, and keys in the HSM if there is one. */
export { createKeyStore, type KeyStorePorts, type RunningKeyStore } from './providers/create-key-store.ts';
/** Opens the HSM of the configuration by PKCS#11; `TokenUnavailable` while it cannot be reached. */
export {
  openToken,
  type Pkcs11Settings,
  type Token,
  TokenUnavailable,
} from './providers/pkcs11/index.ts';
/** How many RSA keys of each length are made ahead; 0 makes none. */
export type { RsaPoolSizes } from './providers/rsa-key-pool.ts';
/** Thrown where the owner has no private key of that id. */
export { PrivateKeyNotFound } from './providers/software-key-store.ts';
/** Opens every key of the database, as a check of it or of a backup. */
export { verifyStoredKeys } from './verify-stored-keys.ts';
/** The service's version as `GET /` of it answers. */
export { kmsVersion } from './version-routes.ts';
