import { type DerValue, der, derCursor, readDerAs, tags, toOid, toText } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';

/** One attribute of a name. `tag` is the string type it is encoded in; left out, the standard's preferred one. */
export type NameAttribute = { readonly type: string; readonly value: string; readonly tag?: number };

/** A name as its relative distinguished names, in encoded order; each has at least one attribute. */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

// RFC 5280 §4.1.2.4 and appendix A.1: the types whose syntax is not DirectoryString.
const preferredTags: Record<string, number> = {
  [oids.country]: tags.printableString,
  [oids.serialNumber]: tags.printableString,
  [oids.emailAddress]: tags.ia5String,
  [oids.domainComponent]: tags.ia5String,
};

function encodeText(tag: number, text: string): Uint8Array {
  if (tag === tags.utf8String) return der.utf8String(text);
  if (tag === tags.bmpString) return der.bmpString(text);
  if (tag === tags.universalString) return der.universalString(text);
  if (!/^[\0-\u00ff]*$/.test(text)) throw new MalformedError('text does not fit its string type');
  return der.tagged(tag, Buffer.from(text, 'latin1'));
}

function encodeAttribute({ type, value, tag }: NameAttribute): Uint8Array {
  if (tag !== undefined) return der.sequence(der.oid(type), encodeText(tag, value));
  const preferred = preferredTags[type] ?? tags.utf8String;
  if (preferred === tags.printableString) return der.sequence(der.oid(type), der.printableString(value));
  if (preferred === tags.ia5String) return der.sequence(der.oid(type), der.ia5String(value));
  return der.sequence(der.oid(type), der.utf8String(value));
}

/** DER of a name. Throws MalformedError for text that does not fit the attribute's string type. */
export function encodeName(name: DistinguishedName): Uint8Array {
  return der.sequence(...name.map((rdn) => der.setOf(rdn.map(encodeAttribute))));
}

function readAttribute(value: DerValue): NameAttribute {
  const cursor = derCursor(value);
  const type = toOid(cursor.take(tags.oid));
  const text = cursor.takeAny();
  cursor.end();
  const attribute = { type, value: toText(text), tag: text.tag };
  // A NUL ends the name for C programs and not for others: the classic way to be read as two names.
  if (attribute.value.includes('\0')) throw new MalformedError('name contains NUL');
  return attribute;
}

/** The name in a DER value. Throws MalformedError. */
export function readName(value: DerValue): DistinguishedName {
  const name: NameAttribute[][] = [];
  const cursor = derCursor(value);
  while (!cursor.atEnd) {
    const rdn: NameAttribute[] = [];
    const attributes = derCursor(cursor.take(tags.set));
    while (!attributes.atEnd) rdn.push(readAttribute(attributes.take(tags.sequence)));
    if (rdn.length === 0) throw new MalformedError('empty relative distinguished name');
    name.push(rdn);
  }
  return name;
}

/** Reads a DER name. Throws MalformedError. */
export function parseName(bytes: Uint8Array): DistinguishedName {
  return readName(readDerAs(tags.sequence, bytes));
}

/** The six attributes that the API names, each left out or one value. */
export type SubjectAttributes = {
  commonName?: string | undefined;
  country?: string | undefined;
  state?: string | undefined;
  locality?: string | undefined;
  organization?: string | undefined;
  organizationalUnit?: string | undefined;
};

// The reference's certificates have them in this order: CN, C, ST, L, O, OU.
const subjectOrder = [
  ['commonName', oids.commonName],
  ['country', oids.country],
  ['state', oids.state],
  ['locality', oids.locality],
  ['organization', oids.organization],
  ['organizationalUnit', oids.organizationalUnit],
] as const;

/** A name of single-attribute RDNs in the order CN, C, ST, L, O, OU; empty and missing attributes are left out. */
export function nameFromAttributes(attributes: SubjectAttributes): DistinguishedName {
  const name: NameAttribute[][] = [];
  for (const [key, type] of subjectOrder) {
    const value = attributes[key];
    if (value === undefined || value === '') continue;
    if (value.includes('\0')) throw new MalformedError('name contains NUL');
    name.push([{ type, value }]);
  }
  return name;
}

/** The six attributes of a name, the first value of each. */
export function attributesOfName(name: DistinguishedName): SubjectAttributes {
  const attributes: SubjectAttributes = {};
  for (const [key, type] of subjectOrder) attributes[key] = findAttribute(name, type);
  return attributes;
}

/** The first value of an attribute type (dotted), or undefined. */
export function findAttribute(name: DistinguishedName, type: string): string | undefined {
  return attributeValues(name, type)[0];
}

/** All values of an attribute type (dotted), in encoded order, whether in one RDN or several. */
export function attributeValues(name: DistinguishedName, type: string): string[] {
  return name.flat().flatMap((attribute) => (attribute.type === type ? [attribute.value] : []));
}
