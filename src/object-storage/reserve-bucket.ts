import type { Actor } from '../iam/actor.ts';
import { requireRoom } from '../iam/index.ts';
import type { Transaction } from '../platform/db/index.ts';
import { objectStorageError } from './errors.ts';
import { bucketLimit } from './limits.ts';
import { bucketNameRule, isBucketName } from './names.ts';
import { permissions } from './permissions.ts';
import type { BucketPorts } from './ports.ts';
import { type BucketTable, deleteBucketRow, findBucket, insertBucket, updateBucket } from './store.ts';

/** After so long a creation counts as interrupted: no store is given so much time. */
const interruptedAfterMs = 600_000;

export function bucketTaken(name: string) {
  return objectStorageError('bucketExists', `bucket_name ${name} is in use; choose another.`);
}

/**
 * The row comes before the bucket: it reserves the name, so of two accounts at the same time one gets it, and what an
 * interruption leaves behind belongs to somebody. A bucket counts only once its row is finished.
 */
export async function reserveBucket(
  { database, clock }: Pick<BucketPorts, 'database' | 'clock'>,
  { accountId }: Actor,
  name: string,
): Promise<BucketTable> {
  if (!isBucketName(name)) throw objectStorageError('invalidBucketName', `bucket_name ${bucketNameRule}.`);
  const row: BucketTable = { name, account_id: accountId, status: 'CREATING', create_time: clock.nowMs() };
  const isReserved = await database.transaction(async (transaction) => {
    if (!(await insertBucket(transaction, row))) return resume(transaction, row);
    await requireRoom(transaction, accountId, bucketLimit, { adding: 0 });
    return true;
  });
  if (!isReserved) throw bucketTaken(name);
  return row;
}

/** True if the account's own creation of the bucket was interrupted and is now this one's to carry on. */
async function resume(transaction: Transaction, row: BucketTable): Promise<boolean> {
  const found = await findBucket(transaction, row);
  if (found?.status !== 'CREATING' || found.create_time > row.create_time - interruptedAfterMs) return false;
  return updateBucket(transaction, found, { create_time: row.create_time });
}

export async function releaseBucket(
  { database }: Pick<BucketPorts, 'database'>,
  row: BucketTable,
): Promise<void> {
  await database.transaction((transaction) => deleteBucketRow(transaction, row));
}

/** The bucket can be used from now on. */
export async function finishBucket(
  { database, identity }: Pick<BucketPorts, 'database' | 'identity'>,
  actor: Actor,
  row: BucketTable,
  status: 'CREATED' | 'ASSIGNED',
): Promise<void> {
  await database.transaction(async (transaction) => {
    if (!(await updateBucket(transaction, row, { status }))) throw bucketTaken(row.name);
    await identity.recordAudit(transaction, actor, {
      action: permissions.createBucket,
      resourceType: 'bucket',
      resourceId: row.name,
      result: 'success',
      ...(status === 'ASSIGNED' && { detail: 'assigned by the operator' }),
    });
  });
}
