import type { Transaction } from '../platform/db/index.ts';
import type { IssuedSerialTable, PrivateCaTables } from './tables.ts';

export interface Revocation {
  readonly revoked_at: number;
  readonly revocation_reason: string;
}

/** A serial number that its issuer used before violates the primary key. */
export async function insertIssuedSerials(
  transaction: Transaction,
  rows: readonly IssuedSerialTable[],
): Promise<void> {
  await transaction
    .tables<PrivateCaTables>()
    .insertInto('issued_serials')
    .values([...rows])
    .execute();
}

/** Null lifts a hold: the serial number leaves the issuer's next CRL. */
export async function setRevocation(
  transaction: Transaction,
  issuerId: string,
  serialNumbers: readonly string[],
  revocation: Revocation | null,
): Promise<void> {
  await transaction
    .tables<PrivateCaTables>()
    .updateTable('issued_serials')
    .set(revocation ?? { revoked_at: null, revocation_reason: null })
    .where('issuer_id', '=', issuerId)
    .where('serial_number', 'in', [...serialNumbers])
    .execute();
}
