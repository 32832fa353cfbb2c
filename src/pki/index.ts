export {
  describeSignatureAlgorithm,
  type HashAlgorithm,
  type KeyAlgorithm,
  type KeyKind,
  keyKindOf,
  parseAlgorithmIdentifier,
  parseSignatureAlgorithm,
  type SignatureAlgorithm,
  signatureAlgorithmFor,
} from './algorithms.ts';
export * from './der/index.ts';
export { generateKeyPair, type KeyPair } from './keys/generate-key-pair.ts';
export { publicKeyOfPkcs8 } from './keys/private-key.ts';
export { type PublicKeyInfo, parsePublicKey, samePublicKey } from './keys/public-key.ts';
export { type Signer, signerFromPkcs8 } from './keys/signer.ts';
export { pkcs8ToTraditionalPem, privateKeyFromPemBlock } from './keys/traditional-key.ts';
export { UnsupportedAlgorithmError } from './malformed-error.ts';
export { oids } from './oids.ts';
export { encodePem, type PemBlock, parsePem, parseSinglePem } from './pem.ts';
