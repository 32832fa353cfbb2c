import { insertIfAbsent, type Reader, type Transaction } from '../platform/db/index.ts';

/** Who has a bucket. The name is unique in the installation: it stands in addresses without an account. */
export interface BucketTable {
  name: string;
  account_id: string;
  /** CREATED here; ASSIGNED by the operator, who had it before; on the way there or from there CREATING, DELETING. */
  status: 'CREATING' | 'CREATED' | 'ASSIGNED' | 'DELETING';
  /** Milliseconds since 1970. */
  create_time: number;
}

interface ObjectStorageTables {
  buckets: BucketTable;
}

/** Of an account. */
export type BucketId = Pick<BucketTable, 'name' | 'account_id'>;

/** As it was read: what became of it since is not touched. */
export type SeenBucket = BucketId & Pick<BucketTable, 'status' | 'create_time'>;

/** In which a bucket can be used. */
const usable: BucketTable['status'][] = ['CREATED', 'ASSIGNED'];

/** False if the name is taken. */
export function insertBucket(transaction: Transaction, row: BucketTable): Promise<boolean> {
  return insertIfAbsent(
    transaction
      .tables<ObjectStorageTables>()
      .insertInto('buckets')
      .values(row)
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** In any state. */
export function findBucket(reader: Reader, { name, account_id }: BucketId): Promise<BucketTable | undefined> {
  return reader
    .tables<ObjectStorageTables>()
    .selectFrom('buckets')
    .selectAll()
    .where('name', '=', name)
    .where('account_id', '=', account_id)
    .executeTakeFirst();
}

export async function isUsable(reader: Reader, id: BucketId): Promise<boolean> {
  const row = await findBucket(reader, id);
  return row !== undefined && usable.includes(row.status);
}

/** By name. */
export function listUsableBuckets(reader: Reader, accountId: string): Promise<BucketTable[]> {
  return reader
    .tables<ObjectStorageTables>()
    .selectFrom('buckets')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('status', 'in', usable)
    .orderBy('name')
    .execute();
}

/** False, and nothing is changed, if it is not as it was seen. */
export async function updateBucket(
  transaction: Transaction,
  seen: SeenBucket,
  changes: Partial<Pick<BucketTable, 'status' | 'create_time'>>,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .tables<ObjectStorageTables>()
    .updateTable('buckets')
    .set(changes)
    .where('name', '=', seen.name)
    .where('account_id', '=', seen.account_id)
    .where('status', '=', seen.status)
    .where('create_time', '=', seen.create_time)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False if it is not as it was seen. */
export async function deleteBucketRow(transaction: Transaction, seen: SeenBucket): Promise<boolean> {
  const { numDeletedRows } = await transaction
    .tables<ObjectStorageTables>()
    .deleteFrom('buckets')
    .where('name', '=', seen.name)
    .where('account_id', '=', seen.account_id)
    .where('status', '=', seen.status)
    .where('create_time', '=', seen.create_time)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
