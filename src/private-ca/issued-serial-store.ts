import { fixedInsert, type Reader, type Transaction } from '../platform/db/index.ts';
import { serialNumbersNear } from './serial-number.ts';
import type { IssuedSerialTable, PrivateCaTables } from './tables.ts';

export interface Revocation {
  readonly revoked_at: number;
  readonly revocation_reason: string;
}

/** What a CRL says of a certificate. */
export type RevokedSerial = Pick<IssuedSerialTable, 'serial_number' | 'not_after'> & Revocation;

/** Where a page of revoked serial numbers ended. */
export type RevokedSerialPosition = Pick<RevokedSerial, 'revoked_at' | 'serial_number'>;

/** A page of what an issuer revoked, by time and serial number: no entry is missed or seen twice while others are added. */
export async function listRevokedSerials(
  reader: Reader,
  issuerId: string,
  after: RevokedSerialPosition | undefined,
  limit: number,
): Promise<readonly RevokedSerial[]> {
  const rows = await reader
    .tables<PrivateCaTables>()
    .selectFrom('issued_serials')
    .select(['serial_number', 'not_after', 'revoked_at', 'revocation_reason'])
    .where('issuer_id', '=', issuerId)
    .where('revoked_at', 'is not', null)
    .$if(after !== undefined, (query) =>
      query
        // The first condition is what the index can seek.
        .where('revoked_at', '>=', after!.revoked_at)
        .where((eb) =>
          eb.or([eb('revoked_at', '>', after!.revoked_at), eb('serial_number', '>', after!.serial_number)]),
        ),
    )
    .orderBy('revoked_at')
    .orderBy('serial_number')
    .limit(limit)
    .execute();
  return rows as RevokedSerial[];
}

/** Those of these serial numbers that the issuer used. */
export async function findSerials(
  reader: Reader,
  issuerId: string,
  serialNumbers: readonly string[],
): Promise<
  readonly Pick<IssuedSerialTable, 'serial_number' | 'not_after' | 'revoked_at' | 'revocation_reason'>[]
> {
  return reader
    .tables<PrivateCaTables>()
    .selectFrom('issued_serials')
    .select(['serial_number', 'not_after', 'revoked_at', 'revocation_reason'])
    .where('issuer_id', '=', issuerId)
    .where('serial_number', 'in', [...serialNumbers])
    .execute();
}

/** A page of the certificates that the issuer issued to others, newest first: the serial number begins with the time. */
export async function listIssuedSerials(
  reader: Reader,
  issuerId: string,
  {
    consumerId,
    before,
    limit,
  }: {
    /** Default: of every account; null: of the issuer's own. */
    readonly consumerId?: string | null | undefined;
    /** Where the page before ended. */
    readonly before?: string | undefined;
    readonly limit: number;
  },
): Promise<IssuedSerialTable[]> {
  let query = reader
    .tables<PrivateCaTables>()
    .selectFrom('issued_serials')
    .selectAll()
    .where('issuer_id', '=', issuerId)
    .where('subject_id', '!=', issuerId);
  if (consumerId !== undefined)
    query = query.where('consumer_id', consumerId === null ? 'is' : '=', consumerId);
  if (before !== undefined) query = query.where('serial_number', '<', before);
  return query.orderBy('serial_number', 'desc').limit(limit).execute();
}

/** The serial number and, of an SM2 pair, the other one; empty if the issuer never used it. */
export async function findIssuedPair(
  reader: Reader,
  issuerId: string,
  serialNumber: string,
): Promise<IssuedSerialTable[]> {
  const serials = () =>
    reader
      .tables<PrivateCaTables>()
      .selectFrom('issued_serials')
      .selectAll()
      .where('issuer_id', '=', issuerId);
  const found = await serials().where('serial_number', '=', serialNumber).executeTakeFirst();
  if (found === undefined || found.kind === 'ca' || found.kind === 'ocsp') return found ? [found] : [];
  // Both are signed together. The numbers are indexed, what they were issued for is not.
  const { from, to } = serialNumbersNear(serialNumber);
  return serials()
    .where('serial_number', '>=', from)
    .where('serial_number', '<=', to)
    .where('subject_id', '=', found.subject_id)
    .where('kind', 'in', ['entity', 'encryption'])
    .execute();
}

const insertIssuedSerial = fixedInsert<IssuedSerialTable>('issued_serials');

/** A serial number that its issuer used before violates the primary key. */
export async function insertIssuedSerials(
  transaction: Transaction,
  rows: readonly IssuedSerialTable[],
): Promise<void> {
  for (const row of rows) await insertIssuedSerial(transaction, row);
}

/** Revokes for good. False, and nothing changed, unless each is unrevoked or on hold. */
export async function revokeForGood(
  transaction: Transaction,
  issuerId: string,
  serialNumbers: readonly string[],
  revocation: Revocation,
): Promise<boolean> {
  const updated = await transaction
    .tables<PrivateCaTables>()
    .updateTable('issued_serials')
    .set(revocation)
    .where('issuer_id', '=', issuerId)
    .where('serial_number', 'in', [...serialNumbers])
    .where((eb) => eb.or([eb('revoked_at', 'is', null), eb('revocation_reason', '=', 'CERTIFICATE_HOLD')]))
    .executeTakeFirst();
  return updated.numUpdatedRows === BigInt(serialNumbers.length);
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
