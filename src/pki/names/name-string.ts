import { oids } from '../oids.ts';
import type { DistinguishedName, NameAttribute } from './distinguished-name.ts';

// RFC 4514 §3, and EMAILADDRESS and serialNumber as everybody writes them.
const shortNames: Record<string, string> = {
  [oids.commonName]: 'CN',
  [oids.locality]: 'L',
  [oids.state]: 'ST',
  [oids.organization]: 'O',
  [oids.organizationalUnit]: 'OU',
  [oids.country]: 'C',
  [oids.streetAddress]: 'STREET',
  [oids.domainComponent]: 'DC',
  [oids.userId]: 'UID',
  [oids.emailAddress]: 'emailAddress',
  [oids.serialNumber]: 'serialNumber',
  [oids.surname]: 'SN',
  [oids.givenName]: 'GN',
  [oids.title]: 'title',
  [oids.postalCode]: 'postalCode',
};

/** RFC 4514 §2.4. */
function escapeValue(value: string): string {
  return value
    .replace(/["+,;<>\\]/g, '\\$&')
    .replace(/\0/g, '\\00')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}

function attributeToString({ type, value }: NameAttribute): string {
  return `${shortNames[type] ?? type}=${escapeValue(value)}`;
}

/** A name as RFC 4514 text, last RDN first: `O=Example,C=CN,CN=a\, b`. */
export function nameToString(name: DistinguishedName): string {
  return name
    .map((rdn) => rdn.map(attributeToString).join('+'))
    .reverse()
    .join(',');
}
