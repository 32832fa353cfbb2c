import type { Actor } from '../iam/actor.ts';
import { describeDependents } from '../iam/index.ts';
import type { Reader, Transaction } from '../platform/db/index.ts';
import { objectStorageError, toServiceError } from './errors.ts';
import { accessRequest, permissions } from './permissions.ts';
import type { ObjectStoragePorts } from './ports.ts';
import { type BucketTable, deleteBucketRow, findBucket, updateBucket } from './store.ts';

/** Only an empty one that nothing is configured to write into: somebody may rely on what is in it. What the operator assigned stays in the store and is only given back. */
export async function deleteBucket(ports: ObjectStoragePorts, actor: Actor, name: string): Promise<void> {
  const { accountId } = actor;
  await ports.identity.authorize(actor, accessRequest('deleteBucket', accountId, name));
  const row = await findBucket(ports.database, { name, account_id: accountId });
  if (!row) throw noSuchBucket(name);
  await requireUnneeded(ports, ports.database, row);
  if (row.status !== 'ASSIGNED') await removeFromStore(ports, row);
  const deleted: BucketTable = row.status === 'ASSIGNED' ? row : { ...row, status: 'DELETING' };
  await ports.database.transaction(async (transaction: Transaction) => {
    if (row.status === 'ASSIGNED') await requireUnneeded(ports, transaction, row);
    if (!(await deleteBucketRow(transaction, deleted))) throw noSuchBucket(name);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.deleteBucket,
      resourceType: 'bucket',
      resourceId: name,
      result: 'success',
    });
  });
}

async function requireUnneeded(
  { dependents = [] }: Pick<ObjectStoragePorts, 'dependents'>,
  reader: Reader,
  { account_id: accountId, name }: BucketTable,
): Promise<void> {
  const found = await describeDependents(dependents, reader, { of: 'bucket', accountId, id: name });
  if (found !== undefined) throw objectStorageError('bucketInUse', `${found}. Switch these off first.`);
}

/** Nobody may put anything into the bucket while it goes. If it does not go, all is as before. */
async function removeFromStore(ports: ObjectStoragePorts, row: BucketTable): Promise<void> {
  const { database, store } = ports;
  const deleting: BucketTable = { ...row, status: 'DELETING' };
  const setStatus = (from: BucketTable, status: BucketTable['status']) =>
    database.transaction((transaction) => updateBucket(transaction, from, { status }));
  if (row.status !== 'DELETING' && !(await setStatus(row, 'DELETING'))) throw noSuchBucket(row.name);
  try {
    // Again: until its status was changed the bucket could be chosen.
    await requireUnneeded(ports, database, row);
    if (await store.deleteBucket(row.name)) return;
  } catch (error) {
    await setStatus(deleting, 'CREATED');
    throw toServiceError(error);
  }
  await setStatus(deleting, 'CREATED');
  throw objectStorageError('bucketNotEmpty', 'Remove its objects from the store first.');
}

function noSuchBucket(name: string) {
  return objectStorageError('noSuchBucket', `The account has no bucket ${name}.`);
}
