import type { Extension } from '../certificate/extension.ts';
import { der, readDerAs, tags } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';

/** The octets of a nonce extension. Throws MalformedError: RFC 9654 §2.1 refuses what has not 1 to 32 octets. */
export function readNonce(extensions: readonly Extension[]): Uint8Array | undefined {
  const extension = extensions.find(({ oid }) => oid === oids.ocspNonce);
  if (extension === undefined) return undefined;
  const nonce = readDerAs(tags.octetString, extension.value).value;
  if (nonce.length < 1 || nonce.length > 32) throw new MalformedError('nonce is not of 1 to 32 octets');
  return nonce;
}

/** A nonce of 1 to 32 octets. */
export function nonceExtension(nonce: Uint8Array): Extension {
  return { oid: oids.ocspNonce, critical: false, value: der.octetString(nonce) };
}
