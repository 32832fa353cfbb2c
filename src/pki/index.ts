export * from './der/index.ts';
export { MalformedError } from './malformed-error.ts';
export { oids } from './oids.ts';
export { encodePem, type PemBlock, parsePem, parseSinglePem } from './pem.ts';
