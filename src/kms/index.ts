/** The door of keys: what keeps other capabilities' private keys, and the key management service itself. */
/** Opened once at start, before everything that keeps secrets. */
export type { MasterKey } from './at-rest/master-key.ts';
export {
  MasterKeyRefused,
  type MasterKeySource,
  type OpenMasterKeyPorts,
  openMasterKey,
} from './at-rest/open-master-key.ts';
export { SealBroken } from './at-rest/sealed-box.ts';
export { createSecretWrapper, type WrapsSecrets } from './at-rest/secret-wrapper.ts';
export type { KeyOwner, KeyStore, UnsavedKey } from './key-store.ts';
export { migrations } from './migrations.ts';
export { createKeyStore, type KeyStorePorts, type RunningKeyStore } from './providers/create-key-store.ts';
export type { RsaPoolSizes } from './providers/rsa-key-pool.ts';
export { PrivateKeyNotFound } from './providers/software-key-store.ts';
