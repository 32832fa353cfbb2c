import type { Kysely, SelectQueryBuilder } from 'kysely';
import {
  containsPattern,
  fixedInsert,
  matches,
  type Reader,
  type Transaction,
} from '../../platform/db/index.ts';
import type { Revocation } from '../issued-serial-store.ts';
import type { PrivateCaTables } from '../tables.ts';
import type { CertificateStatus, CertificateSummary, PrivateCertificate } from './certificate.ts';

export type CertificateSortKey = 'create_time' | 'common_name' | 'issuer_name' | 'not_after';

export interface CertificateFilter {
  readonly accountId: string;
  readonly nowMs: number;
  /** Default: all. */
  readonly enterpriseProjectIds?: 'all' | readonly string[] | undefined;
  /** Part of the common name. */
  readonly name?: string | undefined;
  readonly status?: CertificateStatus | undefined;
}

export interface CertificateQuery extends CertificateFilter {
  readonly sortKey: CertificateSortKey;
  readonly sortDirection: 'asc' | 'desc';
  readonly offset: number;
  readonly limit: number;
}

const summaryColumns = [
  'certificate_id',
  'account_id',
  'issuer_id',
  'issuer_name',
  'gen_mode',
  'key_algorithm',
  'signature_algorithm',
  'common_name',
  'country',
  'state',
  'locality',
  'organization',
  'organizational_unit',
  'freeze_flag',
  'serial_number',
  'not_before',
  'not_after',
  'create_time',
  'enterprise_project_id',
  'key_id',
  'enc_serial_number',
  'enc_key_id',
  'revoked_at',
  'revocation_reason',
] as const satisfies readonly (keyof CertificateSummary)[];

function tables(reader: Reader): Kysely<PrivateCaTables> {
  return reader.tables<PrivateCaTables>();
}

// UUIDs are the same in either case (RFC 9562 §4); they are stored in lower case.
function ownRow(reader: Reader, accountId: string, certificateId: string) {
  return tables(reader)
    .selectFrom('private_certificates')
    .where('certificate_id', '=', certificateId.toLowerCase())
    .where('account_id', '=', accountId);
}

/** Another account's certificate is not found. */
export async function findCertificate(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<PrivateCertificate | undefined> {
  return ownRow(reader, accountId, certificateId).selectAll().executeTakeFirst();
}

export async function findCertificateSummary(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<CertificateSummary | undefined> {
  return ownRow(reader, accountId, certificateId).select(summaryColumns).executeTakeFirst();
}

/** Of whatever account, for the owner of the CA that issued them; what was deleted is not among them. */
export async function findIssuedBy(
  reader: Reader,
  issuerId: string,
  certificateIds: readonly string[],
): Promise<CertificateSummary[]> {
  if (certificateIds.length === 0) return [];
  return tables(reader)
    .selectFrom('private_certificates')
    .select(summaryColumns)
    .where('certificate_id', 'in', [...certificateIds])
    .where('issuer_id', '=', issuerId)
    .execute();
}

/** In the order of the ids. */
export async function findCertificateSummaries(
  reader: Reader,
  accountId: string,
  certificateIds: readonly string[],
): Promise<CertificateSummary[]> {
  return tables(reader)
    .selectFrom('private_certificates')
    .select(summaryColumns)
    .where('account_id', '=', accountId)
    .where('certificate_id', 'in', certificateIds)
    .orderBy('certificate_id', 'desc')
    .execute();
}

function filtered<Output>(
  query: SelectQueryBuilder<PrivateCaTables, 'private_certificates', Output>,
  { accountId, enterpriseProjectIds: projects = 'all', name, status, nowMs }: CertificateFilter,
  readBy: CertificateSortKey,
): SelectQueryBuilder<PrivateCaTables, 'private_certificates', Output> {
  let narrowed = query.where('account_id', '=', accountId);
  if (projects !== 'all') narrowed = narrowed.where('enterprise_project_id', 'in', [...projects]);
  if (name !== undefined) {
    narrowed = narrowed.where((eb) => matches(eb.ref('common_name'), containsPattern(name)));
  }
  if (status === undefined) return narrowed;
  if (status === 'REVOKED') return narrowed.where('revoked_at', 'is not', null);
  const comparison = status === 'ISSUED' ? '>=' : '<';
  narrowed = narrowed.where('revoked_at', 'is', null);
  return readBy === 'not_after'
    ? narrowed.where('not_after', comparison, nowMs)
    : // As a sum, or SQLite would seek by it and sort all that it finds.
      narrowed.where((eb) => eb(eb('not_after', '+', 0), comparison, nowMs));
}

/** One page; the id breaks ties, so pages never overlap. */
export async function listCertificates(
  reader: Reader,
  query: CertificateQuery,
): Promise<CertificateSummary[]> {
  const selection = tables(reader).selectFrom('private_certificates').select(summaryColumns);
  return filtered(selection, query, query.sortKey)
    .orderBy(query.sortKey, query.sortDirection)
    .orderBy('certificate_id', query.sortDirection)
    .limit(query.limit)
    .offset(query.offset)
    .execute();
}

export async function countCertificates(reader: Reader, filter: CertificateFilter): Promise<number> {
  const counted = await filtered(
    tables(reader)
      .selectFrom('private_certificates')
      .select((eb) => eb.fn.countAll<number>().as('total')),
    filter,
    'not_after',
  ).executeTakeFirstOrThrow();
  return counted.total;
}

export const insertCertificate = fixedInsert<PrivateCertificate>('private_certificates');

/** The deleted row, or undefined if it is gone already. */
export async function deleteCertificateRow(
  transaction: Transaction,
  accountId: string,
  certificateId: string,
): Promise<CertificateSummary | undefined> {
  return tables(transaction)
    .deleteFrom('private_certificates')
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .returning(summaryColumns)
    .executeTakeFirst();
}

/** False, and nothing changed, if the certificate is gone or no longer revoked or unrevoked as it was seen. */
export async function markRevoked(
  transaction: Transaction,
  seen: Pick<PrivateCertificate, 'account_id' | 'certificate_id' | 'revocation_reason'>,
  revocation: Revocation | { readonly revoked_at: null; readonly revocation_reason: null },
): Promise<boolean> {
  const updated = await tables(transaction)
    .updateTable('private_certificates')
    .set(revocation)
    .where('certificate_id', '=', seen.certificate_id)
    .where('account_id', '=', seen.account_id)
    .where('revocation_reason', seen.revocation_reason === null ? 'is' : '=', seen.revocation_reason)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}
