export { MalformedError } from '../malformed-error.ts';
export {
  toBigInt,
  toBitString,
  toBoolean,
  toNamedBits,
  toOid,
  toSmallInt,
  toTime,
  toWholeBitString,
} from './primitives.ts';
export { children, DerCursor, DerValue, derCursor, readDer, readDerAs } from './reader.ts';
export { contextTag, tags } from './tags.ts';
export { toText } from './text.ts';
/** Writers, one per ASN.1 type; each returns the encoded value. */
export * as der from './writer.ts';
