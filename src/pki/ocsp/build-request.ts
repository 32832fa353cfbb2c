import { encodeExtensions } from '../certificate/extension.ts';
import { der } from '../der/index.ts';
import { nonceExtension } from './nonce.ts';

/** DER of an OCSPRequest for these CertIDs, as clients write it, with a nonce of 1 to 32 octets or without. */
export function encodeOcspRequest(certIds: readonly Uint8Array[], nonce?: Uint8Array): Uint8Array {
  const requests = der.sequence(...certIds.map((certId) => der.sequence(certId)));
  const extensions = nonce === undefined ? [] : [der.explicit(2, encodeExtensions([nonceExtension(nonce)]))];
  return der.sequence(der.sequence(requests, ...extensions));
}
