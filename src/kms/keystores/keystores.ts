import { requireRoom } from '../../iam/index.ts';
import type { Transaction } from '../../platform/db/database.ts';
import { isUniqueViolation } from '../../platform/db/index.ts';
import { authorize, holdProject } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { withToken } from '../hsm-keys/hsm-key.ts';
import { keystoreLimit } from '../limits.ts';
import { type Caller, type PermissionName, permissions } from '../permissions.ts';
import { type PageNumber, parsePageNumber } from '../queries/page.ts';
import type { KeystoreTable } from '../tables.ts';
import { type ClusterInput, requireCluster } from './cluster.ts';
import {
  deleteKeystoreRow,
  findKeystore,
  hasKeys,
  hasKeystore,
  insertKeystore,
  listKeystoreRows,
  updateKeystoreState,
} from './store.ts';

export interface CreateKeystore extends ClusterInput {
  readonly keystoreAlias: string;
}

const aliasPattern = /^[a-zA-Z0-9:/_-]{1,255}$/;

async function audit(
  { identity }: KmsContext,
  transaction: Transaction,
  { actor }: Caller,
  permission: PermissionName,
  keystore: KeystoreTable,
): Promise<void> {
  await identity.recordAudit(transaction, actor, {
    action: permissions[permission][0],
    resourceType: 'keystore',
    resourceId: keystore.keystore_id,
    resourceName: keystore.keystore_alias,
    result: 'success',
  });
}

/** A keystore in the service itself, or in an HSM cluster that has none yet; it is disabled at first. */
export async function createKeystore(
  context: KmsContext,
  caller: Caller,
  input: CreateKeystore,
): Promise<KeystoreTable> {
  if (!aliasPattern.test(input.keystoreAlias))
    throw kmsError('KMS.0308', 'keystore_alias must be 1 to 255 of A-Z a-z 0-9 : / _ -.');
  await authorize(context, caller, 'createKeystore');
  const cluster = requireCluster(context, input);
  const row: KeystoreTable = {
    keystore_id: context.random.uuid(),
    account_id: caller.actor.accountId,
    project_id: caller.projectId,
    keystore_alias: input.keystoreAlias,
    ...cluster,
    keystore_state: '3',
    created_at: context.clock.nowMs(),
  };
  const clusterTaken = () =>
    kmsError('KMS.0308', `The HSM cluster ${row.hsm_cluster_id} has a keystore already.`);
  try {
    await context.database.transaction(async (transaction) => {
      await holdProject(context, transaction, caller);
      await requireRoom(transaction, caller.actor.accountId, keystoreLimit);
      if (row.hsm_cluster_id !== null && (await hasKeystore(transaction, row.hsm_cluster_id)))
        throw clusterTaken();
      if (!(await insertKeystore(transaction, row)))
        throw kmsError('KMS.0308', `The project has a keystore with the alias ${row.keystore_alias}.`);
      await audit(context, transaction, caller, 'createKeystore', row);
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw clusterTaken();
    throw error;
  }
  return row;
}

export async function listKeystores(
  context: KmsContext,
  caller: Caller,
  page: { readonly limit: PageNumber; readonly offset: PageNumber },
): Promise<{ rows: KeystoreTable[]; total: number }> {
  const limit = parsePageNumber(page.limit, 'KMS.1601', { name: 'limit', min: 1, max: 1000 }) ?? 10;
  const offset = parsePageNumber(page.offset, 'KMS.1603', { name: 'offset', min: 0, max: 999_999_999 }) ?? 0;
  await authorize(context, caller, 'listKeystores');
  return await listKeystoreRows(context.database, caller.actor.accountId, caller.projectId, {
    limit,
    offset,
  });
}

async function openKeystore(
  context: KmsContext,
  caller: Caller,
  keystoreId: string,
  permission: PermissionName,
): Promise<KeystoreTable> {
  await authorize(context, caller, permission);
  const keystore = await findKeystore(context.database, caller.actor.accountId, caller.projectId, keystoreId);
  // Clients take 400 with this code for "not found".
  if (!keystore) throw kmsError('KMS.8003', 'There is no such keystore in this project.');
  return keystore;
}

export async function getKeystore(
  context: KmsContext,
  caller: Caller,
  keystoreId: string,
): Promise<KeystoreTable> {
  return await openKeystore(context, caller, keystoreId, 'getKeystore');
}

/**
 * From disabled to enabled or back; keys in a disabled keystore cannot be used. One of an HSM is enabled only while the HSM answers:
 * else KMS.0104.
 */
export async function switchKeystore(
  context: KmsContext,
  caller: Caller,
  keystoreId: string,
  to: 'enabled' | 'disabled',
): Promise<KeystoreTable> {
  const permission = to === 'enabled' ? 'enableKeystore' : 'disableKeystore';
  const keystore = await openKeystore(context, caller, keystoreId, permission);
  const { hsm_cluster_id: clusterId } = keystore;
  if (to === 'enabled' && clusterId !== null)
    await withToken(context, clusterId, (token) => token.describe());
  const [from, state] = to === 'enabled' ? (['3', '2'] as const) : (['2', '3'] as const);
  await context.database.transaction(async (transaction) => {
    if (!(await updateKeystoreState(transaction, keystoreId, from, state)))
      throw kmsError('KMS.0308', `The keystore is ${to} already.`);
    await audit(context, transaction, caller, permission, keystore);
  });
  context.directory.changedMany();
  return { ...keystore, keystore_state: state };
}

/** Only without keys, and disabled, so that none can be made in it meanwhile. */
export async function deleteKeystore(context: KmsContext, caller: Caller, keystoreId: string): Promise<void> {
  const keystore = await openKeystore(context, caller, keystoreId, 'deleteKeystore');
  await context.database.transaction(async (transaction) => {
    if (!(await deleteKeystoreRow(transaction, keystoreId)))
      throw kmsError('KMS.0308', 'Disable the keystore first.');
    if (await hasKeys(transaction, keystoreId)) throw kmsError('KMS.0308', 'There are keys in the keystore.');
    await audit(context, transaction, caller, 'deleteKeystore', keystore);
  });
}
