import { type DerValue, der, derCursor, tags, toBoolean, toOid } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';

/** One extension (RFC 5280 §4.2): `value` is what extnValue holds, the DER of the extension's own type. */
export type Extension = {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
};

/** SEQUENCE OF Extension, without an outer tag. Throws MalformedError for an identifier that occurs twice. */
export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  if (new Set(extensions.map((extension) => extension.oid)).size !== extensions.length) {
    throw new MalformedError('duplicate extension');
  }
  return der.sequence(...extensions.map(encodeExtension));
}

function encodeExtension({ oid, critical, value }: Extension): Uint8Array {
  // `critical` is DEFAULT FALSE, which DER leaves out.
  if (critical) return der.sequence(der.oid(oid), der.boolean(true), der.octetString(value));
  return der.sequence(der.oid(oid), der.octetString(value));
}

function readExtension(value: DerValue): Extension {
  const cursor = derCursor(value);
  const oid = toOid(cursor.take(tags.oid));
  const critical = cursor.takeOptional(tags.boolean);
  if (critical !== undefined && !toBoolean(critical))
    throw new MalformedError('extension: default value encoded');
  const content = cursor.take(tags.octetString).value;
  cursor.end();
  return { oid, critical: critical !== undefined, value: content };
}

/** Reads a SEQUENCE OF Extension. Throws MalformedError; RFC 5280 §4.2: no identifier occurs twice, none is none. */
export function readExtensions(value: DerValue): Extension[] {
  const extensions: Extension[] = [];
  const seen = new Set<string>();
  const cursor = derCursor(value);
  while (!cursor.atEnd) {
    const extension = readExtension(cursor.take(tags.sequence));
    if (seen.has(extension.oid)) throw new MalformedError(`duplicate extension ${extension.oid}`);
    seen.add(extension.oid);
    extensions.push(extension);
  }
  if (extensions.length === 0) throw new MalformedError('empty list of extensions');
  return extensions;
}

/** An extension that the caller encoded itself. Throws MalformedError when `oid` is no object identifier. */
export function customExtension(oid: string, value: Uint8Array, critical = false): Extension {
  der.oid(oid);
  return { oid, critical, value };
}
