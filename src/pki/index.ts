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
export {
  customExtension,
  type Extension,
  encodeExtensions,
  readExtensions,
} from './certificate/extension.ts';
export * from './certificate/extensions/index.ts';
export {
  type AlternativeName,
  encodeGeneralName,
  encodeGeneralNames,
  type GeneralName,
  readGeneralName,
  readGeneralNames,
} from './certificate/general-name.ts';
export {
  buildTbsCertificate,
  issueCertificate,
  signStructure,
  type TbsCertificate,
} from './certificate/issue-certificate.ts';
export {
  type Certificate,
  parseCertificate,
  verifyCertificateSignature,
} from './certificate/parse-certificate.ts';
export { newSerialNumber } from './certificate/serial-number.ts';
export {
  readSignedStructure,
  type SignedStructure,
  verifyStructure,
} from './certificate/signed-structure.ts';
export {
  constrainedNames,
  namesSatisfy,
  newComparisonBudget,
  subtreeWithin,
} from './chain/name-constraints.ts';
export { type ChainFailure, type ChainResult, chainLimit, validateChain } from './chain/validate-chain.ts';
export * from './crl/index.ts';
export { buildCsr } from './csr/build-csr.ts';
export { type CertificationRequest, type CsrAttribute, parseCsr } from './csr/parse-csr.ts';
export * from './der/index.ts';
export { encodeJks, type JksEntry, parseJks } from './jks/index.ts';
export { generateKeyPair, type KeyPair } from './keys/generate-key-pair.ts';
export { publicKeyOfPkcs8 } from './keys/private-key.ts';
export { type PublicKeyInfo, parsePublicKey, samePublicKey } from './keys/public-key.ts';
export { signPieces } from './keys/sign-pieces.ts';
export { type Signer, signerFromPkcs8 } from './keys/signer.ts';
export { pkcs8ToTraditionalPem, privateKeyFromPemBlock } from './keys/traditional-key.ts';
export { UnsupportedAlgorithmError } from './malformed-error.ts';
export {
  attributesOfName,
  attributeValues,
  type DistinguishedName,
  encodeName,
  findAttribute,
  type NameAttribute,
  nameFromAttributes,
  parseName,
  readName,
  type SubjectAttributes,
} from './names/distinguished-name.ts';
export { fitsHostPattern, fitsMailboxPattern, fitsPattern, foldHost } from './names/host-pattern.ts';
export { formatIpAddress, parseIpAddress } from './names/ip-address.ts';
export { nameToString } from './names/name-string.ts';
export { sameName } from './names/same-name.ts';
export { parseUri, type UriParts } from './names/uri.ts';
export { compileUriPattern } from './names/uri-pattern.ts';
export * from './ocsp/index.ts';
export { oids } from './oids.ts';
export { WrongPasswordError } from './password.ts';
export { encodePem, mostPemLines, occursMoreThan, type PemBlock, parsePem, parseSinglePem } from './pem.ts';
export { decryptPkcs8, encryptedPrivateKeyLabel, encryptPkcs8 } from './pkcs8/index.ts';
export { type BagAttributes, encodePkcs12, type Pkcs12, parsePkcs12 } from './pkcs12/index.ts';
export {
  decryptSm2,
  encodeSignedAndEnvelopedData,
  encodeSm2EnvelopedKey,
  encryptSm2,
  type OpenedEnvelope,
  openSignedAndEnvelopedData,
  openSm2EnvelopedKey,
} from './sm2-envelope/index.ts';
