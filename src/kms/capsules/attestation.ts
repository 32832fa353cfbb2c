import { createHash, createPublicKey, verify } from 'node:crypto';
import { findAccessPoint } from '../access-points/store.ts';
import type { AccessPointTable } from '../access-points/tables.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Caller } from '../permissions.ts';

export interface AttestationDocument {
  readonly ecs_signature?: string;
  readonly service_token?: string;
  /** Base64. */
  readonly custom_signature?: string;
  /** Base64 of DER SubjectPublicKeyInfo. */
  readonly custom_public_key?: string;
  readonly expire_time?: string;
}

/** Who copies an attestation may use it until it ends. The vendor names no longest time. */
const longestValidityMs = 60 * 60_000;

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * What a Custom access point signs by ECDSA with SHA-256: three lines, of the key, of this very capsule, and of until when. The
 * vendor's own text is not published.
 */
export function textToSign(keyId: string, capsule: Uint8Array, expireTime: string): string {
  return [keyId, createHash('sha256').update(capsule).digest('hex'), expireTime].join('\n');
}

function requireCustom({ ecs_signature: ecs, service_token: cce, ...document }: AttestationDocument) {
  if (ecs !== undefined || cce !== undefined)
    throw kmsError('KMS.3804', 'An ECS or CCE cannot be attested here; use a Custom access point.');
  const { custom_signature: signature, custom_public_key: publicKey, expire_time: expireTime } = document;
  if (signature === undefined || publicKey === undefined || expireTime === undefined)
    throw kmsError('KMS.3804', 'custom_signature, custom_public_key and expire_time are needed.');
  if (!timePattern.test(expireTime) || Number.isNaN(Date.parse(expireTime)))
    throw kmsError('KMS.3804', 'expire_time must be such as 2026-01-01T00:00:00Z.');
  return { signature: Buffer.from(signature, 'base64'), publicKey, expireTime };
}

function requireShortLife(expireTime: string, nowMs: number): void {
  const endMs = Date.parse(expireTime);
  if (endMs <= nowMs) throw kmsError('KMS.3804', 'expire_time is over.');
  if (endMs > nowMs + longestValidityMs)
    throw kmsError(
      'KMS.3804',
      'expire_time must be at most one hour from now; sign another attestation then.',
    );
}

/** Returns the access point that proves to be there. Throws KMS.3804, which names the wrong part: the caller has all of it. */
export async function requireAttestation(
  context: KmsContext,
  caller: Caller,
  document: AttestationDocument,
  of: { readonly keyId: string; readonly capsule: Uint8Array },
): Promise<AccessPointTable> {
  const { signature, publicKey, expireTime } = requireCustom(document);
  requireShortLife(expireTime, context.clock.nowMs());
  const place = { accountId: caller.actor.accountId, projectId: caller.projectId };
  const normalized = Buffer.from(publicKey, 'base64').toString('base64');
  const accessPoint = await findAccessPoint(context.database, place, { publicKey: normalized });
  if (!accessPoint || accessPoint.is_enabled === 0)
    throw kmsError('KMS.3804', 'No enabled access point of the project has custom_public_key.');
  const key = createPublicKey({ key: Buffer.from(normalized, 'base64'), format: 'der', type: 'spki' });
  const text = Buffer.from(textToSign(of.keyId, of.capsule, expireTime));
  if (!verify('sha256', text, key, signature)) throw kmsError('KMS.3804', 'custom_signature does not hold.');
  return accessPoint;
}
