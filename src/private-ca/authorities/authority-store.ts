import type { ExpressionBuilder, Kysely, SelectQueryBuilder, Updateable } from 'kysely';
import {
  containsPattern,
  fixedSelect,
  matches,
  type Reader,
  type Transaction,
} from '../../platform/db/index.ts';
import type { CaStatus, CaType, CertificateAuthority } from '../ca.ts';
import type { PrivateCaTables } from '../tables.ts';

/** What lists, details and issuance read: all but the certificates and the key, which would be most of the bytes. */
export type AuthoritySummary = Omit<
  CertificateAuthority,
  'public_key_spki' | 'certificate_der' | 'imported_chain_der'
>;

/** What a chain is made of. */
export type AuthorityCertificate = Pick<
  CertificateAuthority,
  'ca_id' | 'issuer_id' | 'certificate_der' | 'imported_chain_der'
>;

export type AuthoritySortKey = 'create_time' | 'common_name' | 'type' | 'not_after';

export interface AuthorityQuery {
  readonly accountId: string;
  /** CAs of other accounts that are listed with the account's own. */
  readonly sharedIds?: readonly string[];
  /** Of the account's own; default: all. */
  readonly enterpriseProjectIds?: 'all' | readonly string[] | undefined;
  readonly nowMs: number;
  /** Part of the common name. */
  readonly name?: string | undefined;
  readonly status?: CaStatus | undefined;
  readonly type?: CaType | undefined;
  readonly sortKey: AuthoritySortKey;
  readonly sortDirection: 'asc' | 'desc';
  readonly offset: number;
  readonly limit: number;
}

const summaryColumns = [
  'ca_id',
  'account_id',
  'type',
  'status',
  'gen_mode',
  'listed',
  'issuer_id',
  'issuer_name',
  'key_algorithm',
  'signature_algorithm',
  'common_name',
  'country',
  'state',
  'locality',
  'organization',
  'organizational_unit',
  'path_length',
  'key_usages',
  'freeze_flag',
  'serial_number',
  'not_before',
  'not_after',
  'create_time',
  'order_id',
  'delete_time',
  'enterprise_project_id',
  'charging_mode',
  'crl_enabled',
  'crl_name',
  'crl_bucket',
  'crl_valid_days',
  'crl_delta_hours',
  'crl_dis_point',
  'ocsp_enabled',
  'hsm_cluster_id',
  'key_id',
  'revoked_at',
  'revocation_reason',
  'issuance_policy',
] as const satisfies readonly (keyof AuthoritySummary)[];

function tables(reader: Reader): Kysely<PrivateCaTables> {
  return reader.tables<PrivateCaTables>();
}

type OwnId = Pick<CertificateAuthority, 'account_id' | 'ca_id'>;

// UUIDs are the same in either case (RFC 9562 §4); they are stored in lower case.
function ownRow(reader: Reader, accountId: string, caId: string) {
  return tables(reader)
    .selectFrom('certificate_authorities')
    .where('ca_id', '=', caId.toLowerCase())
    .where('account_id', '=', accountId);
}

/** Another account's CA is not found, nor is one whose deletion was carried out. */
export async function findAuthority(
  reader: Reader,
  accountId: string,
  caId: string,
): Promise<CertificateAuthority | undefined> {
  return ownRow(reader, accountId, caId).where('status', '!=', 'PURGED').selectAll().executeTakeFirst();
}

/** Those that lists show, in the order of the ids. */
export async function findAuthoritySummaries(
  reader: Reader,
  accountId: string,
  caIds: readonly string[],
): Promise<AuthoritySummary[]> {
  return tables(reader)
    .selectFrom('certificate_authorities')
    .select(summaryColumns)
    .where('account_id', '=', accountId)
    .where('listed', '=', 1)
    .where('ca_id', 'in', caIds)
    .orderBy('ca_id', 'desc')
    .execute();
}

/** For those who do not authenticate, and only by its id; also of a CA whose deletion was carried out. */
export async function findAuthorityOfAnyAccount(
  reader: Reader,
  caId: string,
): Promise<CertificateAuthority | undefined> {
  return tables(reader)
    .selectFrom('certificate_authorities')
    .where('ca_id', '=', caId.toLowerCase())
    .selectAll()
    .executeTakeFirst();
}

/** The account of a CA, also of one whose deletion was carried out: for what it issued for whomever. */
export async function findAuthorityOwner(reader: Reader, caId: string): Promise<string | undefined> {
  const row = await tables(reader)
    .selectFrom('certificate_authorities')
    .select('account_id')
    .where('ca_id', '=', caId)
    .executeTakeFirst();
  return row?.account_id;
}

export async function findAuthoritySummary(
  reader: Reader,
  accountId: string,
  caId: string,
): Promise<AuthoritySummary | undefined> {
  return (await summaryRows(reader, { account_id: accountId, ca_id: caId.toLowerCase() }))[0];
}

const summaryRows = fixedSelect<PrivateCaTables, OwnId>()((db, value) =>
  db
    .selectFrom('certificate_authorities')
    .where('ca_id', '=', value('ca_id'))
    .where('account_id', '=', value('account_id'))
    .where('status', '!=', 'PURGED')
    .select(summaryColumns),
);

/** What decides whether the CA may issue: few columns, for the hot path. */
function stateQuery(db: Kysely<PrivateCaTables>, value: (name: keyof OwnId) => string) {
  return db
    .selectFrom('certificate_authorities')
    .where('ca_id', '=', value('ca_id'))
    .where('account_id', '=', value('account_id'))
    .where('status', '!=', 'PURGED')
    .select([
      'status',
      'not_after',
      'freeze_flag',
      'key_id',
      'key_usages',
      'serial_number',
      'issuance_policy',
    ]);
}

const heldStateRows = fixedSelect<PrivateCaTables, OwnId>()((db, value) => stateQuery(db, value).forShare());

/** As it will be until the transaction ends: a change of the CA waits for it. */
export async function holdAuthorityState(transaction: Transaction, accountId: string, caId: string) {
  return (await heldStateRows(transaction, { account_id: accountId, ca_id: caId.toLowerCase() }))[0];
}

/** Also of a CA whose deletion was carried out: the chains of what it issued need it. */
export async function findAuthorityCertificate(
  reader: Reader,
  accountId: string,
  caId: string,
): Promise<AuthorityCertificate | undefined> {
  return ownRow(reader, accountId, caId)
    .select(['ca_id', 'issuer_id', 'certificate_der', 'imported_chain_der'])
    .executeTakeFirst();
}

/** The issuance policies of these CAs, in the given order; null: none. */
export async function findIssuancePolicies(
  reader: Reader,
  accountId: string,
  caIds: readonly string[],
): Promise<(string | null)[]> {
  if (caIds.length === 0) return [];
  const rows = await tables(reader)
    .selectFrom('certificate_authorities')
    .select(['ca_id', 'issuance_policy'])
    .where('account_id', '=', accountId)
    .where('ca_id', 'in', [...caIds])
    .execute();
  return caIds.map((caId) => rows.find((row) => row.ca_id === caId)?.issuance_policy ?? null);
}

function filtered<Output>(
  selection: SelectQueryBuilder<PrivateCaTables, 'certificate_authorities', Output>,
  query: AuthorityQuery,
): SelectQueryBuilder<PrivateCaTables, 'certificate_authorities', Output> {
  const { name, sharedIds = [], enterpriseProjectIds: projects = 'all', status, type, nowMs } = query;
  const isOwn = (eb: ExpressionBuilder<PrivateCaTables, 'certificate_authorities'>) =>
    eb.and([
      eb('account_id', '=', query.accountId),
      ...(projects === 'all' ? [] : [eb('enterprise_project_id', 'in', [...projects])]),
    ]);
  let narrowed = selection.where('listed', '=', 1);
  // Without what is shared the index of the order finds the page.
  narrowed =
    sharedIds.length === 0
      ? narrowed.where(isOwn)
      : narrowed.where((eb) => eb.or([isOwn(eb), eb('ca_id', 'in', [...sharedIds])]));
  if (name !== undefined) {
    narrowed = narrowed.where((eb) => matches(eb.ref('common_name'), containsPattern(name)));
  }
  if (type !== undefined) narrowed = narrowed.where('type', '=', type);
  if (status === undefined) return narrowed;
  if (status === 'EXPIRED') return narrowed.where('status', '=', 'ACTIVED').where('not_after', '<', nowMs);
  narrowed = narrowed.where('status', '=', status);
  return status === 'ACTIVED' ? narrowed.where('not_after', '>=', nowMs) : narrowed;
}

/** One page; the id breaks ties, so pages never overlap. */
export async function listAuthorities(reader: Reader, query: AuthorityQuery): Promise<AuthoritySummary[]> {
  return filtered(tables(reader).selectFrom('certificate_authorities').select(summaryColumns), query)
    .orderBy(query.sortKey, query.sortDirection)
    .orderBy('ca_id', query.sortDirection)
    .limit(query.limit)
    .offset(query.offset)
    .execute();
}

export async function countAuthorities(reader: Reader, query: AuthorityQuery): Promise<number> {
  const counted = await filtered(
    tables(reader)
      .selectFrom('certificate_authorities')
      .select((eb) => eb.fn.countAll<number>().as('total')),
    query,
  ).executeTakeFirstOrThrow();
  return counted.total;
}

export async function insertAuthorities(
  transaction: Transaction,
  rows: readonly CertificateAuthority[],
): Promise<void> {
  await tables(transaction)
    .insertInto('certificate_authorities')
    .values([...rows])
    .execute();
}

/** What a change rests on: the CA as it was read. */
export type SeenAuthority = Pick<
  CertificateAuthority,
  'ca_id' | 'account_id' | 'status' | 'key_id' | 'revoked_at'
>;

// Every change that decides what the next one may do shows in these three columns.
function asSeen(seen: SeenAuthority) {
  return (eb: ExpressionBuilder<PrivateCaTables, 'certificate_authorities'>) =>
    eb.and([
      eb('ca_id', '=', seen.ca_id),
      eb('account_id', '=', seen.account_id),
      eb('status', '=', seen.status),
      eb('key_id', seen.key_id === null ? 'is' : '=', seen.key_id),
      eb('revoked_at', seen.revoked_at === null ? 'is' : '=', seen.revoked_at),
    ]);
}

/** False, and nothing changed, if the CA is no longer as it was seen. */
export async function updateAuthority(
  transaction: Transaction,
  seen: SeenAuthority,
  changes: Updateable<CertificateAuthority>,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(transaction)
    .updateTable('certificate_authorities')
    .set(changes)
    .where(asSeen(seen))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False if the CA is no longer as it was seen. */
export async function deleteAuthorityRow(transaction: Transaction, seen: SeenAuthority): Promise<boolean> {
  const { numDeletedRows } = await tables(transaction)
    .deleteFrom('certificate_authorities')
    .where(asSeen(seen))
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export type CertifiedAuthority = Pick<
  CertificateAuthority,
  'ca_id' | 'account_id' | 'type' | 'certificate_der' | 'public_key_spki'
>;

/** A page of the CAs of all accounts that have a certificate, after the given one. */
export function listCertifiedAuthorities(
  reader: Reader,
  after: CertifiedAuthority | undefined,
): Promise<CertifiedAuthority[]> {
  return reader
    .tables<PrivateCaTables>()
    .selectFrom('certificate_authorities')
    .select(['ca_id', 'account_id', 'type', 'certificate_der', 'public_key_spki'])
    .where('certificate_der', 'is not', null)
    .where('ca_id', '>', after?.ca_id ?? '')
    .orderBy('ca_id')
    .limit(200)
    .execute();
}
