import { contextTag, type DerValue, der, derCursor, tags, toOid, toText } from '../der/index.ts';
import { asciiText } from '../der/text.ts';
import { MalformedError } from '../malformed-error.ts';
import { type DistinguishedName, encodeName, readName } from '../names/distinguished-name.ts';
import { formatIpAddress, parseIpAddress } from '../names/ip-address.ts';
import { oids } from '../oids.ts';

/** The five types that the API names; `value` of IP is an address in text. */
export type AlternativeName = {
  readonly type: 'DNS' | 'IP' | 'EMAIL' | 'URI' | 'UPN';
  readonly value: string;
};

/** GeneralName of RFC 5280 §4.2.1.6. OTHER keeps the DER of forms that nothing here looks into. */
export type GeneralName =
  | AlternativeName
  | { readonly type: 'DIRECTORY'; readonly name: DistinguishedName }
  | { readonly type: 'REGISTERED_ID'; readonly oid: string }
  | { readonly type: 'OTHER'; readonly der: Uint8Array };

const emailTag = 0x81;
const dnsTag = 0x82;
const directoryTag = 0xa4;
const uriTag = 0x86;
const ipTag = 0x87;
const registeredIdTag = 0x88;
const otherNameTag = 0xa0;

// A single label of RFC 1034, with the underscore that service names use.
const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const dnsName = new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*$`);
const mailbox = /^[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9_.:[\]-]{1,255}$/;
const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/;

function checked(pattern: RegExp, text: string, what: string): string {
  if (!pattern.test(text)) throw new MalformedError(`not ${what}`);
  return text;
}

/** RFC 5280 §4.2.1.6: DNS names in preferred syntax, absolute URIs, mailboxes without display name. */
function encodeAlternativeName(name: AlternativeName): Uint8Array {
  switch (name.type) {
    case 'DNS':
      if (name.value.length > 253) throw new MalformedError('DNS name too long');
      return der.tagged(dnsTag, der.asciiContent(checked(dnsName, name.value, 'a DNS name')));
    case 'IP':
      return der.tagged(ipTag, parseIpAddress(name.value));
    case 'EMAIL':
      return der.tagged(emailTag, der.asciiContent(checked(mailbox, name.value, 'an email address')));
    case 'URI':
      return der.tagged(uriTag, der.asciiContent(checked(absoluteUri, name.value, 'an absolute URI')));
    case 'UPN':
      return encodeUserPrincipalName(name.value);
  }
}

function encodeUserPrincipalName(value: string): Uint8Array {
  if (value === '' || value.includes('\0')) throw new MalformedError('not a user principal name');
  return der.tagged(otherNameTag, der.oid(oids.userPrincipalName), der.explicit(0, der.utf8String(value)));
}

/** DER of a GeneralName. Throws MalformedError for values that the type cannot have. */
export function encodeGeneralName(name: GeneralName): Uint8Array {
  switch (name.type) {
    case 'DIRECTORY':
      return der.tagged(directoryTag, encodeName(name.name));
    case 'REGISTERED_ID':
      return der.tagged(registeredIdTag, der.oidContent(name.oid));
    case 'OTHER':
      return name.der;
    case 'DNS':
    case 'IP':
    case 'EMAIL':
    case 'URI':
    case 'UPN':
      return encodeAlternativeName(name);
  }
}

/** SEQUENCE OF GeneralName; at least one. */
export function encodeGeneralNames(names: readonly GeneralName[]): Uint8Array {
  if (names.length === 0) throw new MalformedError('no general name');
  return der.sequence(...names.map(encodeGeneralName));
}

function textWithoutNul(value: DerValue): string {
  const text = asciiText(value.value);
  if (text.includes('\0')) throw new MalformedError('general name contains NUL');
  return text;
}

function readOtherName(value: DerValue): GeneralName {
  const cursor = derCursor(value);
  const type = toOid(cursor.take(tags.oid));
  const content = derCursor(cursor.take(contextTag(0)));
  const inner = content.takeAny();
  content.end();
  cursor.end();
  if (type !== oids.userPrincipalName) return { type: 'OTHER', der: value.raw };
  const text = toText(inner);
  if (inner.tag !== tags.utf8String || text.includes('\0'))
    throw new MalformedError('not a user principal name');
  return { type: 'UPN', value: text };
}

/** Reads one GeneralName. Throws MalformedError. */
export function readGeneralName(value: DerValue): GeneralName {
  switch (value.tag) {
    case emailTag:
      return { type: 'EMAIL', value: textWithoutNul(value) };
    case dnsTag:
      return { type: 'DNS', value: textWithoutNul(value) };
    case uriTag:
      return { type: 'URI', value: textWithoutNul(value) };
    case ipTag:
      return { type: 'IP', value: formatIpAddress(value.value) };
    case directoryTag:
      return { type: 'DIRECTORY', name: readDirectoryName(value) };
    case registeredIdTag:
      return { type: 'REGISTERED_ID', oid: toOid(value) };
    case otherNameTag:
      return readOtherName(value);
    case 0xa3: // x400Address
    case 0xa5: // ediPartyName
      return { type: 'OTHER', der: value.raw };
    default:
      throw new MalformedError('not a general name');
  }
}

/** Name is a CHOICE, so its tag in GeneralName is explicit (X.680 §31.2.7). */
function readDirectoryName(value: DerValue): DistinguishedName {
  const cursor = derCursor(value);
  const name = readName(cursor.take(tags.sequence));
  cursor.end();
  return name;
}

/** The GeneralNames inside a constructed value, at least one. Throws MalformedError. */
export function readGeneralNames(value: DerValue): GeneralName[] {
  const names: GeneralName[] = [];
  const cursor = derCursor(value);
  while (!cursor.atEnd) names.push(readGeneralName(cursor.takeAny()));
  if (names.length === 0) throw new MalformedError('no general name');
  return names;
}
