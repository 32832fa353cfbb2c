export * from './der/index.ts';
export { oids } from './oids.ts';
export { encodePem, type PemBlock, parsePem, parseSinglePem } from './pem.ts';
