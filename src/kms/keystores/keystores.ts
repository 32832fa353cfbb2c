import type { Transaction } from '../../platform/db/database.ts';
import { authorize } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { type Caller, type PermissionName, permissions } from '../permissions.ts';
import { type PageNumber, parsePageNumber } from '../queries/page.ts';
import type { KeystoreTable } from '../tables.ts';
import {
  deleteKeystoreRow,
  findKeystore,
  hasKeys,
  insertKeystore,
  listKeystoreRows,
  updateKeystoreState,
} from './store.ts';

export interface CreateKeystore {
  readonly keystoreAlias: string;
  readonly keystoreType: string | undefined;
  readonly hsmClusterId: string | undefined;
  readonly clusterId: string | undefined;
}

const aliasPattern = /^[a-zA-Z0-9:/_-]{1,255}$/;
/** Later pages of the vendor number the types. */
const numberedTypes: Readonly<Record<string, string>> = { '0': 'DEFAULT', '1': 'DHSM', '2': 'CDMS' };

/** Keys of other kinds would have to live in the vendor's hardware, which there is none of here: KMS.0340. */
function requireOwnCluster({ keystoreType, hsmClusterId, clusterId }: CreateKeystore): void {
  const implied = hsmClusterId !== undefined ? 'DHSM' : clusterId !== undefined ? 'CDMS' : 'DEFAULT';
  const text = keystoreType ?? implied;
  const type = numberedTypes[text] ?? text;
  if (type !== 'DEFAULT' && type !== 'DHSM' && type !== 'CDMS')
    throw kmsError('KMS.0308', 'keystore_type must be DHSM, CDMS or DEFAULT.');
  if (type !== 'DEFAULT')
    throw kmsError('KMS.0340', `This installation has no cluster for keystore_type ${type}; use DEFAULT.`);
}

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

/** A keystore in the cluster of the service itself; it is disabled at first. */
export async function createKeystore(
  context: KmsContext,
  caller: Caller,
  input: CreateKeystore,
): Promise<KeystoreTable> {
  if (!aliasPattern.test(input.keystoreAlias))
    throw kmsError('KMS.0308', 'keystore_alias must be 1 to 255 of A-Z a-z 0-9 : / _ -.');
  requireOwnCluster(input);
  await authorize(context, caller, 'createKeystore');
  const row: KeystoreTable = {
    keystore_id: context.random.uuid(),
    account_id: caller.actor.accountId,
    project_id: caller.projectId,
    keystore_alias: input.keystoreAlias,
    keystore_type: 'DEFAULT',
    hsm_cluster_id: null,
    cluster_id: null,
    hsm_ca_cert: null,
    keystore_state: '3',
    created_at: context.clock.nowMs(),
  };
  await context.database.transaction(async (transaction) => {
    if (!(await insertKeystore(transaction, row)))
      throw kmsError('KMS.0308', `The project has a keystore with the alias ${row.keystore_alias}.`);
    await audit(context, transaction, caller, 'createKeystore', row);
  });
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

/** From disabled to enabled or back; keys in a disabled keystore cannot be used. */
export async function switchKeystore(
  context: KmsContext,
  caller: Caller,
  keystoreId: string,
  to: 'enabled' | 'disabled',
): Promise<KeystoreTable> {
  const permission = to === 'enabled' ? 'enableKeystore' : 'disableKeystore';
  const keystore = await openKeystore(context, caller, keystoreId, permission);
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
