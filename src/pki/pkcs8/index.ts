export { decryptPkcs8, encryptedPrivateKeyLabel, encryptPkcs8 } from './encrypted.ts';
