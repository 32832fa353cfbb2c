import { computeSignature, hexDigest } from './algorithms.ts';
import { canonicalRequestHead, type WireRequest } from './canonical-request.ts';

/**
 * The Authorization header (SDK-HMAC-SHA256) of a request that is ready to be sent. Every header of it is signed; `x-sdk-date` and
 * `host` must be among them, and all names in lower case. Throws for a URL that is not one.
 */
export function signRequest(
  request: WireRequest,
  key: { readonly accessKey: string; readonly secretKey: string },
): string {
  const signedHeaders = Object.keys(request.headers).sort();
  const head = canonicalRequestHead(request, signedHeaders);
  const date = request.headers['x-sdk-date'];
  if (head === undefined || typeof date !== 'string') throw new Error('the request cannot be signed');
  const requestHash = hexDigest('SDK-HMAC-SHA256', `${head}\n${hexDigest('SDK-HMAC-SHA256', request.body)}`);
  const signature = computeSignature(
    'SDK-HMAC-SHA256',
    key.secretKey,
    key.accessKey,
    date,
    undefined,
    requestHash,
  ).toString('hex');
  return `SDK-HMAC-SHA256 Access=${key.accessKey}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
}
