import { timingSafeEqual } from 'node:crypto';
import { algorithmTraits, computeSignature, hexDigest } from './algorithms.ts';
import type { SignedAuthorization } from './authorization-header.ts';
import { canonicalRequestHead, type WireHead, type WireRequest } from './canonical-request.ts';

const allowedSkewMs = 15 * 60_000;
const unsignedPayload = 'UNSIGNED-PAYLOAD';

/**
 * Everything about a signature that needs no secret: its date is signed and within 15 minutes of the clock, and a V11 scope
 * is of that date. Checked first, so that a stale request costs no look-up.
 */
export function hasAcceptableDate(
  request: WireHead,
  authorization: SignedAuthorization,
  nowMs: number,
): boolean {
  if (!authorization.signedHeaders.includes('x-sdk-date')) return false;
  const dateTime = request.headers['x-sdk-date'];
  if (typeof dateTime !== 'string') return false;
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(dateTime.trim());
  if (!match) return false;
  const [, year, month, day, hour, minute, second] = match;
  const signedMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!(Math.abs(nowMs - signedMs) <= allowedSkewMs)) return false;
  return authorization.scope === undefined || authorization.scope.startsWith(dateTime.trim().slice(0, 8));
}

/** The hash that the body must have for the signature to hold. */
export type SignedBody = (body: Uint8Array) => boolean;

/**
 * Verifies a signature as far as the headers decide: undefined if no body can make it right. With a declared hash of the body the HMAC
 * is checked here, before anybody reads the body; without one it is checked with the body.
 */
export function verifyHead(
  request: WireHead,
  authorization: SignedAuthorization,
  secret: string,
): SignedBody | undefined {
  const { algorithm, accessKey, scope, signedHeaders, signature } = authorization;
  const head = canonicalRequestHead(request, signedHeaders);
  if (head === undefined) return undefined;
  const dateTime = String(request.headers['x-sdk-date']).trim();
  const isSigned = (payloadHash: string): boolean => {
    const requestHash = hexDigest(algorithm, `${head}\n${payloadHash}`);
    const expected = computeSignature(algorithm, secret, accessKey, dateTime, scope, requestHash);
    return timingSafeEqual(expected, signature);
  };

  const declared = request.headers[algorithmTraits(algorithm).contentHashHeader];
  if (declared === undefined) return (body) => isSigned(hexDigest(algorithm, body));
  if (typeof declared !== 'string') return undefined;
  if (isSigned(declared))
    // A declared hash that is not the body's means the body was changed on the way.
    return declared === unsignedPayload ? () => true : (body) => hexDigest(algorithm, body) === declared;
  // With an empty body one family of signers ignores the content header, the other uses it; both are accepted.
  const isEmptySigned = declared === unsignedPayload && isSigned(hexDigest(algorithm, ''));
  return isEmptySigned ? (body) => body.length === 0 : undefined;
}

/** True if the signature was made with this secret over this request. */
export function verifySignature(
  request: WireRequest,
  authorization: SignedAuthorization,
  secret: string,
): boolean {
  return verifyHead(request, authorization, secret)?.(request.body) ?? false;
}
