import { requireRoom } from '../../iam/index.ts';
import { authorize, holdProject } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { generateDerKeyPair } from '../generate-material.ts';
import { accessPointLimit } from '../limits.ts';
import { type Caller, permissions } from '../permissions.ts';
import { base64 } from '../request-fields.ts';
import { insertAccessPoint } from './store.ts';
import type { AccessPointTable } from './tables.ts';

export interface NewAccessPoint {
  readonly keyspaceId: string;
  readonly accessPointName: string;
  /** 1 ECS, 2 CCE, 3 Custom. */
  readonly type: number;
  readonly identity: string | undefined;
  readonly clusterId: string | undefined;
  readonly description: string | undefined;
}

const namePattern = /^[a-zA-Z0-9:/_-]{1,255}$/;
const idPattern = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
const custom = 3;

/** Throws KMS.0308. */
export function requireKeyspaceId(keyspaceId: string): string {
  if (!idPattern.test(keyspaceId)) throw kmsError('KMS.0308', 'keyspace_id must be a UUID.');
  return keyspaceId.toLowerCase();
}

/** How the private key of an access point is wrapped: for no other place. */
export function privateKeyPlace(accessPointId: string): string {
  return `access point ${accessPointId}`;
}

function check({ accessPointName, type, identity, clusterId, description }: NewAccessPoint): void {
  if (!namePattern.test(accessPointName))
    throw kmsError('KMS.0308', 'access_point_name must be 1 to 255 of A-Z a-z 0-9 : / _ -.');
  if (![1, 2, custom].includes(type))
    throw kmsError('KMS.0308', 'type must be 1 (ECS), 2 (CCE) or 3 (Custom).');
  if (description !== undefined && description.length > 255)
    throw kmsError('KMS.0308', 'description must be at most 255 characters.');
  if (type === custom && identity !== undefined)
    throw kmsError('KMS.0308', 'identity must be left out for type 3: the service makes a key pair.');
  if (type !== custom && identity === undefined)
    throw kmsError('KMS.0308', 'identity is mandatory for types 1 and 2.');
  if (type === 2 && clusterId === undefined)
    throw kmsError('KMS.0308', 'cluster_id is mandatory for type 2.');
}

async function newKeyPair({ secrets }: KmsContext, accessPointId: string) {
  const { bytes, publicKeySpki } = await generateDerKeyPair('ec', { namedCurve: 'P-256' });
  if (!publicKeySpki) throw new Error('a key pair was generated without its public half');
  const wrapped = await secrets.wrap(bytes, privateKeyPlace(accessPointId));
  bytes.fill(0);
  return { public_key: base64(publicKeySpki), wrapped_private_key: wrapped };
}

/** Enabled at once. A Custom one gets a P-256 key pair, with which its user proves to be there. */
export async function createAccessPoint(
  context: KmsContext,
  caller: Caller,
  input: NewAccessPoint,
): Promise<AccessPointTable> {
  const keyspaceId = requireKeyspaceId(input.keyspaceId);
  check(input);
  await authorize(context, caller, 'createAccessPoint');
  const accessPointId = context.random.uuid();
  const pair =
    input.type === custom
      ? await newKeyPair(context, accessPointId)
      : { public_key: null, wrapped_private_key: null };
  const nowMs = context.clock.nowMs();
  const row: AccessPointTable = {
    access_point_id: accessPointId,
    account_id: caller.actor.accountId,
    project_id: caller.projectId,
    keyspace_id: keyspaceId,
    access_point_name: input.accessPointName,
    type: input.type,
    identity: input.identity ?? null,
    cluster_id: input.clusterId ?? null,
    ...pair,
    description: input.description ?? '',
    is_enabled: 1,
    created_by: caller.actor.principalId,
    created_at: nowMs,
    modified_at: nowMs,
  };
  await context.database.transaction(async (transaction) => {
    await holdProject(context, transaction, caller);
    await requireRoom(transaction, caller.actor.accountId, accessPointLimit);
    await insertAccessPoint(transaction, row);
    await context.identity.recordAudit(transaction, caller.actor, {
      action: permissions.createAccessPoint[0],
      resourceType: 'access point',
      resourceId: row.access_point_id,
      resourceName: row.access_point_name,
      result: 'success',
    });
  });
  return row;
}
