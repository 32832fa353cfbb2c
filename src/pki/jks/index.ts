export { encodeJks } from './encode-jks.ts';
export type { JksEntry } from './keystore.ts';
export { parseJks } from './parse-jks.ts';
