export { encodePkcs12 } from './encode-pkcs12.ts';
export { type BagAttributes, type Pkcs12, parsePkcs12 } from './parse-pkcs12.ts';
