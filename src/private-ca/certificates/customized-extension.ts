import { der, MalformedError } from '../../pki/index.ts';

/**
 * The content of the extension's OCTET STRING: the value as a UTF8String. RFC 5280 §4.2 wants DER there, so the bare
 * text would make the certificate malformed; UTF8String is the one string type that holds every value.
 */
export function customizedExtensionValue(value: string): Uint8Array {
  return der.utf8String(value);
}

// RFC 5280 §4.2.1 and §4.2.2, Netscape and Certificate Transparency: extensions with a syntax of their own, which a text would break.
const reservedArcs = ['2.5.29.', '1.3.6.1.5.5.7.1.', '2.16.840.1.113730.1.', '1.3.6.1.4.1.11129.2.4.'];

/** Why this object identifier cannot name a customized extension; undefined if it can. */
export function customizedExtensionProblem(objectIdentifier: string): string | undefined {
  try {
    der.oid(objectIdentifier);
  } catch (error) {
    if (error instanceof MalformedError) return 'is not an object identifier such as 1.3.6.1.4.1.2011.4.99';
    throw error;
  }
  return reservedArcs.some((arc) => objectIdentifier.startsWith(arc))
    ? 'names an extension with a syntax of its own, which is set through the other fields'
    : undefined;
}
