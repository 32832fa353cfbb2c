import { openKey, refuse } from '../access.ts';
import type { AccessPointTable } from '../access-points/tables.ts';
import { parseEnvelope } from '../ciphertext/envelope.ts';
import type { KmsContext } from '../context.ts';
import { decryptWithKey } from '../cryptography/encryption-key.ts';
import { kmsError } from '../errors.ts';
import type { Key } from '../key.ts';
import type { PolicyDocument } from '../key-policies/policy-document.ts';
import { findKeyPolicy } from '../key-policies/store.ts';
import type { Caller } from '../permissions.ts';
import { type AttestationDocument, requireAttestation } from './attestation.ts';
import { type Capsule, decodeCapsule } from './capsule.ts';
import { capsuleUse, requireCapsuleKey } from './create-capsule.ts';

export interface DecryptCapsule {
  readonly keyId: string;
  readonly capsule: Buffer;
  readonly attestation: AttestationDocument;
}

async function openCapsule(context: KmsContext, key: Key, bytes: Buffer): Promise<Capsule> {
  const envelope = parseEnvelope(bytes);
  if (envelope.keyId !== key.key_id || envelope.keyVersion > key.current_version)
    throw kmsError('KMS.2201', `The capsule was made with another key than ${key.key_id}.`);
  const content = await decryptWithKey(context, key, capsuleUse, envelope);
  const capsule = decodeCapsule(content);
  content.fill(0);
  return capsule;
}

interface Terms {
  readonly document: PolicyDocument;
  /** Of a policy that is kept: it is for the access points of its key space. */
  readonly keyspaceId: string | undefined;
}

async function termsOf(context: KmsContext, caller: Caller, { policy }: Capsule): Promise<Terms | undefined> {
  if ('document' in policy) return { document: policy.document, keyspaceId: undefined };
  const { database } = context;
  const row = await findKeyPolicy(database, caller.actor.accountId, caller.projectId, policy.policyId);
  return row && { document: JSON.parse(row.policy) as PolicyDocument, keyspaceId: row.keyspace_id };
}

/** Why the policy does not let the access point have the data key; undefined if it does. */
function objection(
  terms: Terms | undefined,
  accessPoint: AccessPointTable,
  nowMs: number,
): string | undefined {
  if (!terms) return 'The key policy of the capsule does not exist any more.';
  const {
    validity_period: period,
    allowed_access_point: allowed,
    allowed_data_security_zone: zones,
  } = terms.document;
  if (period?.start_time !== undefined && nowMs < Date.parse(period.start_time))
    return 'The validity period of the key policy has not begun.';
  if (period?.end_time !== undefined && nowMs >= Date.parse(period.end_time))
    return 'The validity period of the key policy is over.';
  if (terms.keyspaceId !== undefined && terms.keyspaceId !== accessPoint.keyspace_id)
    return 'The access point is of another key space than the key policy.';
  if (allowed && !allowed.includes(accessPoint.access_point_id))
    return 'The key policy does not allow this access point.';
  if (zones && zones.length > 0) return 'The key policy asks for a data security zone; there is none here.';
  return undefined;
}

/** Gives the data key, which the caller wipes, to the access point that the capsule's policy allows; else KMS.0306. */
export async function decryptCapsule(
  context: KmsContext,
  caller: Caller,
  { keyId, capsule: bytes, attestation }: DecryptCapsule,
): Promise<{ keyId: string; instanceId: string; dataKey: Buffer }> {
  const permission = 'decryptDataKeyCapsule';
  const key = await openKey(context, caller, { reference: keyId, permission });
  requireCapsuleKey(context, key);
  const of = { keyId: key.key_id, capsule: bytes };
  const accessPoint = await requireAttestation(context, caller, attestation, of);
  const capsule = await openCapsule(context, key, bytes);
  const reason = objection(await termsOf(context, caller, capsule), accessPoint, context.clock.nowMs());
  if (reason !== undefined) {
    capsule.dataKey.fill(0);
    return await refuse(context, caller, key, permission, reason);
  }
  return { keyId: key.key_id, instanceId: accessPoint.access_point_id, dataKey: capsule.dataKey };
}
