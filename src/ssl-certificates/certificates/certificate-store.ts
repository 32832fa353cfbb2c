import type { Kysely, Selectable, Updateable } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import { scmError } from '../errors.ts';
import type { SslCertificateTable, SslCertificateTables } from '../tables.ts';
import { claimCertificateId } from './certificate-id-store.ts';
import { insertListing, removeListing, updateListing } from './certificate-listing-store.ts';

export type SslCertificate = Selectable<SslCertificateTable>;

/** `blankCertificate` has what there is nothing to say of. */
export type NewSslCertificate = Omit<SslCertificate, 'certificate_id' | 'version' | 'search_text'>;

type Change = Updateable<
  Omit<SslCertificateTable, 'certificate_id' | 'account_id' | 'version' | 'search_text'>
>;

function tables(reader: Reader): Kysely<SslCertificateTables> {
  return reader.tables<SslCertificateTables>();
}

/** Under the first id that is free: see `claimCertificateId`. Answers the id. */
export async function insertCertificate(
  transaction: Transaction,
  certificate: NewSslCertificate,
): Promise<string> {
  const { account_id: accountId, created_at: createdAt } = certificate;
  const certificateId = await claimCertificateId(transaction, { accountId, fromMs: createdAt });
  await insertClaimedCertificate(transaction, certificateId, certificate);
  return certificateId;
}

/** Under an id that was claimed for it. */
export async function insertClaimedCertificate(
  transaction: Transaction,
  certificateId: string,
  certificate: NewSslCertificate,
): Promise<void> {
  const search_text = searchTextOf(certificate);
  const row = { ...certificate, certificate_id: certificateId, version: 1, search_text };
  await tables(transaction).insertInto('ssl_certificates').values(row).execute();
  await insertListing(transaction, row);
}

/** Another account's certificate is not found. */
export async function findCertificate(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<SslCertificate | undefined> {
  return tables(reader)
    .selectFrom('ssl_certificates')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/** Finds a certificate of any account, for the operator's review. */
export async function findCertificateOfAnyAccount(
  reader: Reader,
  certificateId: string,
): Promise<SslCertificate | undefined> {
  return tables(reader)
    .selectFrom('ssl_certificates')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .executeTakeFirst();
}

/**
 * Changes the row that was seen, and answers it as it is then. Throws SCM.0010 if it was changed or removed meanwhile, which undoes the
 * transaction: of two requests at the same time one is refused.
 */
export async function changeCertificate(
  transaction: Transaction,
  seen: SslCertificate,
  change: Change,
): Promise<SslCertificate> {
  const changed = { ...seen, ...change } as SslCertificate;
  const row = await tables(transaction)
    .updateTable('ssl_certificates')
    .set({ ...change, version: seen.version + 1, search_text: searchTextOf(changed) })
    .where('certificate_id', '=', seen.certificate_id)
    .where('account_id', '=', seen.account_id)
    .where('version', '=', seen.version)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw changedMeanwhile();
  await updateListing(transaction, seen, row);
  return row;
}

/** Holds the row until the end of the transaction, so that it is not removed meanwhile; false if it is gone. Its version stays. */
export async function holdCertificate(
  transaction: Transaction,
  accountId: string,
  certificateId: string,
): Promise<boolean> {
  // Writing what is there is a lock on both engines.
  const result = await tables(transaction)
    .updateTable('ssl_certificates')
    .set((eb) => ({ version: eb.ref('version') }))
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export type NoticeFlags = Pick<Change, 'notify_expiring' | 'notify_expired'>;

/** Nothing else depends on these, so its version stays and no other change is refused. False if there is no such certificate. */
export async function switchNotices(
  transaction: Transaction,
  accountId: string,
  certificateId: string,
  flags: NoticeFlags,
): Promise<boolean> {
  const result = await tables(transaction)
    .updateTable('ssl_certificates')
    .set(flags)
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Throws SCM.0010 if it was changed or removed meanwhile. */
export async function removeCertificate(transaction: Transaction, seen: SslCertificate): Promise<void> {
  const result = await tables(transaction)
    .deleteFrom('ssl_certificates')
    .where('certificate_id', '=', seen.certificate_id)
    .where('account_id', '=', seen.account_id)
    .where('version', '=', seen.version)
    .executeTakeFirst();
  if (result.numDeletedRows !== 1n) throw changedMeanwhile();
  await removeListing(transaction, seen);
}

/** What lists show; without DER, most of the bytes. */
const summaryColumns = [
  'certificate_id',
  'account_id',
  'enterprise_project_id',
  'name',
  'description',
  'status',
  'order_id',
  'brand',
  'type',
  'domain_type',
  'domain_count',
  'wildcard_count',
  'validity_months',
  'domain',
  'sans',
  'created_at',
  'not_after',
  'signature_algorithm',
  'key_algorithm',
  'key_id',
] as const satisfies readonly (keyof SslCertificate)[];

export type CertificateSummary = Pick<SslCertificate, (typeof summaryColumns)[number]>;

/** Those of the account, in the order of the ids that were given. */
export async function findSummaries(
  reader: Reader,
  accountId: string,
  certificateIds: readonly string[],
): Promise<CertificateSummary[]> {
  if (certificateIds.length === 0) return [];
  const rows = await tables(reader)
    .selectFrom('ssl_certificates')
    .select(summaryColumns)
    .where('certificate_id', 'in', certificateIds)
    .where('account_id', '=', accountId)
    .execute();
  const byId = new Map(rows.map((row) => [row.certificate_id, row]));
  return certificateIds.flatMap((id) => byId.get(id) ?? []);
}

/** Whether the account has this certificate, byte for byte, already. */
export async function hasSameCertificate(
  reader: Reader,
  accountId: string,
  { fingerprint, der }: { readonly fingerprint: string; readonly der: Uint8Array },
): Promise<boolean> {
  const rows = await tables(reader)
    .selectFrom('ssl_certificates')
    .select('certificate_der')
    .where('account_id', '=', accountId)
    .where('fingerprint', '=', fingerprint)
    .execute();
  return rows.some((row) => row.certificate_der !== null && Buffer.compare(row.certificate_der, der) === 0);
}

/** Whether a certificate of any account has this key. */
export async function isKeyInUse(reader: Reader, keyId: string): Promise<boolean> {
  const row = await tables(reader)
    .selectFrom('ssl_certificates')
    .select('certificate_id')
    .where('key_id', '=', keyId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface BoughtFilter {
  readonly accountId: string;
  readonly certificateIds?: readonly string[] | undefined;
  readonly orderId?: string | undefined;
}

/** Certificates that were ordered and still exist, the earliest first. */
export async function listBought(
  reader: Reader,
  filter: BoughtFilter,
  page: { readonly offset: number; readonly limit: number },
): Promise<CertificateSummary[]> {
  return bought(reader, filter)
    .select(summaryColumns)
    .orderBy('certificate_id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

export async function countBought(reader: Reader, filter: BoughtFilter): Promise<number> {
  const counted = await bought(reader, filter)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return counted.total;
}

function bought(reader: Reader, { accountId, certificateIds, orderId }: BoughtFilter) {
  let query = tables(reader).selectFrom('ssl_certificates').where('account_id', '=', accountId);
  query =
    orderId === undefined ? query.where('order_id', 'is not', null) : query.where('order_id', '=', orderId);
  if (certificateIds === undefined) return query;
  return query.where('certificate_id', 'in', certificateIds.length === 0 ? [''] : certificateIds);
}

function changedMeanwhile() {
  return scmError(
    'SCM.0010',
    'The certificate was changed by another request at the same time; look at it again.',
  );
}

function searchTextOf({ name, domain, sans }: { name: string; domain: string; sans: string }): string {
  return `${name}\n${domain}\n${sans}`.toLowerCase();
}
