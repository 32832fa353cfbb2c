import type { Transaction } from '../../platform/db/database.ts';
import { authorize } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { countPoliciesNaming } from '../key-policies/store.ts';
import { type Caller, type PermissionName, permissions } from '../permissions.ts';
import { type Page, type PageNumber, parsePage } from '../queries/page.ts';
import { privateKeyPlace, requireKeyspaceId } from './create-access-point.ts';
import { deleteAccessPointRow, findAccessPoint, listAccessPointRows, updateAccessPoint } from './store.ts';
import type { AccessPointTable } from './tables.ts';

export async function listAccessPoints(
  context: KmsContext,
  caller: Caller,
  input: { readonly keyspaceId: string; readonly limit: PageNumber; readonly marker: PageNumber },
): Promise<{ rows: AccessPointTable[]; total: number; page: Page }> {
  const keyspaceId = requireKeyspaceId(input.keyspaceId);
  const page = parsePage(input.limit, input.marker);
  await authorize(context, caller, 'listAccessPoints');
  const place = { accountId: caller.actor.accountId, projectId: caller.projectId, keyspaceId };
  return { ...(await listAccessPointRows(context.database, place, page)), page };
}

function unknown(accessPointId: string): Error {
  return kmsError('KMS.0308', `There is no access point ${accessPointId} in this project.`);
}

async function openAccessPoint(
  context: KmsContext,
  caller: Caller,
  accessPointId: string,
  permission: PermissionName,
): Promise<AccessPointTable> {
  await authorize(context, caller, permission);
  const place = { accountId: caller.actor.accountId, projectId: caller.projectId };
  const row = await findAccessPoint(context.database, place, { accessPointId: accessPointId.toLowerCase() });
  if (!row) throw unknown(accessPointId);
  return row;
}

async function change(
  context: KmsContext,
  caller: Caller,
  row: AccessPointTable,
  {
    permission,
    write,
  }: {
    readonly permission: PermissionName;
    readonly write: (transaction: Transaction) => Promise<boolean>;
  },
): Promise<void> {
  await context.database.transaction(async (transaction) => {
    if (!(await write(transaction))) throw unknown(row.access_point_id);
    await context.identity.recordAudit(transaction, caller.actor, {
      action: permissions[permission][0],
      resourceType: 'access point',
      resourceId: row.access_point_id,
      resourceName: row.access_point_name,
      result: 'success',
    });
  });
}

/** Doing it twice changes nothing more. */
export async function switchAccessPoint(
  context: KmsContext,
  caller: Caller,
  accessPointId: string,
  to: 'enabled' | 'disabled',
): Promise<void> {
  const permission = to === 'enabled' ? 'enableAccessPoint' : 'disableAccessPoint';
  const row = await openAccessPoint(context, caller, accessPointId, permission);
  const changes = { is_enabled: to === 'enabled' ? 1 : 0, modified_at: context.clock.nowMs() };
  const write = (transaction: Transaction) => updateAccessPoint(transaction, row.access_point_id, changes);
  await change(context, caller, row, { permission, write });
}

/** Its private key goes with it, so it stays while a key policy names it. Throws KMS.0308 then. */
export async function deleteAccessPoint(
  context: KmsContext,
  caller: Caller,
  accessPointId: string,
): Promise<void> {
  const permission = 'deleteAccessPoint';
  const row = await openAccessPoint(context, caller, accessPointId, permission);
  const write = async (transaction: Transaction) => {
    const place = { accountId: caller.actor.accountId, projectId: caller.projectId };
    const policies = await countPoliciesNaming(transaction, place, row.access_point_id);
    if (policies > 0)
      throw kmsError('KMS.0308', `Key policies that name the access point: ${policies}. Change these first.`);
    return deleteAccessPointRow(transaction, row.access_point_id);
  };
  await change(context, caller, row, { permission, write });
}

/** PKCS#8 DER of a Custom access point, which the caller wipes; each reading is recorded. Throws KMS.0308 for the other types. */
export async function readAccessPointKey(
  context: KmsContext,
  caller: Caller,
  accessPointId: string,
): Promise<{ accessPointId: string; privateKeyPkcs8: Uint8Array }> {
  const permission = 'getAccessPointKey';
  const row = await openAccessPoint(context, caller, accessPointId, permission);
  if (!row.wrapped_private_key) throw kmsError('KMS.0308', 'Only a Custom access point has a private key.');
  await change(context, caller, row, { permission, write: async () => true });
  const place = privateKeyPlace(row.access_point_id);
  const privateKeyPkcs8 = await context.secrets.unwrap(row.wrapped_private_key, place);
  return { accessPointId: row.access_point_id, privateKeyPkcs8 };
}
