import { timingSafeEqual } from 'node:crypto';
import { algorithmTraits, computeSignature, hexDigest } from './algorithms.ts';
import type { SignedAuthorization } from './authorization-header.ts';
import { canonicalRequestHead, type WireRequest } from './canonical-request.ts';

const allowedSkewMs = 15 * 60_000;
const unsignedPayload = 'UNSIGNED-PAYLOAD';

/**
 * Everything about a signature that needs no secret: its date is signed and within 15 minutes of the clock, and a V11 scope
 * is of that date. Checked first, so that a stale request costs no look-up.
 */
export function hasAcceptableDate(
  request: WireRequest,
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

/** True if the signature was made with this secret over this request. One body hash, one HMAC (two where clients differ). */
export function verifySignature(
  request: WireRequest,
  authorization: SignedAuthorization,
  secret: string,
): boolean {
  const { algorithm, accessKey, scope, signedHeaders, signature } = authorization;
  const head = canonicalRequestHead(request, signedHeaders);
  if (head === undefined) return false;
  const dateTime = String(request.headers['x-sdk-date']).trim();

  for (const payloadHash of acceptablePayloadHashes(request, authorization)) {
    const requestHash = hexDigest(algorithm, `${head}\n${payloadHash}`);
    const expected = computeSignature(algorithm, secret, accessKey, dateTime, scope, requestHash);
    if (timingSafeEqual(expected, signature)) return true;
  }
  return false;
}

/** With an empty body one family of signers ignores the content header, the other uses it; both are accepted. */
function acceptablePayloadHashes(request: WireRequest, { algorithm }: SignedAuthorization): string[] {
  const declared = request.headers[algorithmTraits(algorithm).contentHashHeader];
  if (declared === unsignedPayload) {
    return request.body.length > 0 ? [unsignedPayload] : [hexDigest(algorithm, ''), unsignedPayload];
  }
  const actual = hexDigest(algorithm, request.body);
  // A declared hash that is not the body's means the body was changed on the way.
  return declared === undefined || declared === actual ? [actual] : [];
}
