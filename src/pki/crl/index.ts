export { type BuiltCrl, buildCrl, type CrlContents } from './build-crl.ts';
export type { CrlEntry } from './crl-entries.ts';
export { type IssuingDistributionPoint, issuingDistributionPointExtension } from './crl-extensions.ts';
export { type CertificateRevocationList, parseCrl, type RevokedCertificate } from './parse-crl.ts';
export type { CrlReason } from './reason.ts';
export { type CrlSpool, memorySpool } from './spool.ts';
