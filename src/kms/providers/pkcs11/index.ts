/** Keys that stay in a PKCS#11 token (an HSM). */
export { openToken, Pkcs11Token, type TokenPorts } from './open-token.ts';
export type { Pkcs11Settings } from './settings.ts';
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
