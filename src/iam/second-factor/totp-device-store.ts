import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables, TotpDeviceTable } from '../tables.ts';

export interface TotpDeviceFilter {
  readonly userId?: string;
  readonly bound?: boolean;
}

export function findTotpDevices(
  reader: Reader,
  accountId: string,
  { userId, bound }: TotpDeviceFilter = {},
): Promise<TotpDeviceTable[]> {
  return reader
    .tables<IamTables>()
    .selectFrom('totp_devices')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId!))
    .$if(bound !== undefined, (query) => query.where('bound_at', bound ? 'is not' : 'is', null))
    .orderBy('serial_number')
    .execute();
}

/** Returns the device whose codes count for the user, undefined if there is none. */
export async function findBoundDevice(
  reader: Reader,
  accountId: string,
  userId: string,
): Promise<TotpDeviceTable | undefined> {
  return (await findTotpDevices(reader, accountId, { userId, bound: true }))[0];
}

export function findTotpDevice(
  reader: Reader,
  accountId: string,
  serialNumber: string,
): Promise<TotpDeviceTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('totp_devices')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('serial_number', '=', serialNumber)
    .executeTakeFirst();
}

export async function insertTotpDevice(transaction: Transaction, device: TotpDeviceTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('totp_devices').values(device).execute();
}

export async function deleteTotpDevice(
  transaction: Transaction,
  accountId: string,
  serialNumber: string,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('totp_devices')
    .where('account_id', '=', accountId)
    .where('serial_number', '=', serialNumber)
    .execute();
}

/** Binds a device that is not bound yet; the codes up to `step` are used. */
export async function markDeviceBound(
  transaction: Transaction,
  { account_id, serial_number }: TotpDeviceTable,
  { boundAt, step }: { readonly boundAt: number; readonly step: number },
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('totp_devices')
    .set({ bound_at: boundAt, last_step: step })
    .where('account_id', '=', account_id)
    .where('serial_number', '=', serial_number)
    .execute();
}

/** Uses a time step up. False if it, or a later one, was used already: of nodes that accept a code at once, one succeeds. */
export async function consumeStep(
  transaction: Transaction,
  { account_id, serial_number }: TotpDeviceTable,
  step: number,
): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .updateTable('totp_devices')
    .set({ last_step: step })
    .where('account_id', '=', account_id)
    .where('serial_number', '=', serial_number)
    .where('bound_at', 'is not', null)
    .where((where) => where.or([where('last_step', 'is', null), where('last_step', '<', step)]))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function markDeviceUnbound(
  transaction: Transaction,
  { account_id, serial_number }: TotpDeviceTable,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('totp_devices')
    .set({ bound_at: null, last_step: null })
    .where('account_id', '=', account_id)
    .where('serial_number', '=', serial_number)
    .execute();
}
