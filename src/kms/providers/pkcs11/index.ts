/** Keys that stay in a PKCS#11 token (an HSM). */
export { Pkcs11Token, type TokenPorts } from './open-token.ts';
export { InvalidPkcs11Settings, type Pkcs11Settings, parsePkcs11Settings } from './settings.ts';
export {
  type GcmMessage,
  NotGenuine,
  type Token,
  type TokenDescription,
  type TokenHash,
  TokenKeyMissing,
  type TokenKeyPairAlgorithm,
  TokenRefused,
  type TokenScheme,
  TokenUnavailable,
} from './token.ts';
export { tokenAlgorithmOf, tokenSigner } from './token-signer.ts';
