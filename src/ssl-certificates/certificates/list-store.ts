import { type ExpressionBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { choosesIndexByRows, containsPattern, matches, type Reader } from '../../platform/db/index.ts';
import { type CertificateStatus, certificateStatuses } from '../certificate-status.ts';
import { listTables } from './certificate-listing-store.ts';
import type { CertificateTables } from './list-tables.ts';

export interface CertificateFilter {
  readonly accountId: string;
  readonly nowMs: number;
  /** `all`: of whichever enterprise project. */
  readonly enterpriseProjectIds: 'all' | readonly string[];
  readonly status?: CertificateStatus | undefined;
  readonly onlyDeployable: boolean;
  /** Valid now, and not for longer than this. */
  readonly expiresWithinMs?: number | undefined;
  /** Part of the name or of a domain name, in any case. */
  readonly content?: string | undefined;
}

export interface CertificatePage {
  readonly sortKey: 'updated_at' | 'not_after' | 'status';
  readonly sortDirection: 'asc' | 'desc';
  readonly offset: number;
  readonly limit: number;
}

type Listing = ExpressionBuilder<CertificateTables, 'ssl_certificate_listings'>;
type Column = 'status' | 'not_after';

/** States of a certificate that is in use: those which time ends. */
const usable = ['ISSUED', 'UPLOAD'] as const;
/** States in which there is a certificate that is good as long as its time is not over. */
const valid = [...usable, 'REVOKING', 'CANCLEREVOKING', 'SUPPLEMENTCHECKING', 'CANCELSUPPLEMENTING'] as const;

/**
 * The index that a query is to go along; `search`: the rows themselves. For SQLite columns of other indexes are hidden in expressions
 * then, or it would look them up there, and row by row what that index lacks.
 */
type ReadBy = CertificatePage['sortKey'] | 'search';
const hidden: Readonly<Record<ReadBy, readonly Column[]>> = {
  updated_at: ['status', 'not_after'],
  not_after: ['status'],
  status: [],
  search: ['status', 'not_after'],
};

function filtered<Output>(
  reader: Reader,
  selection: SelectQueryBuilder<CertificateTables, 'ssl_certificate_listings', Output>,
  filter: CertificateFilter,
  readBy: ReadBy,
) {
  const { nowMs, status, expiresWithinMs, content } = filter;
  const isLeftAlone = choosesIndexByRows(reader);
  const column = (eb: Listing, name: Column) =>
    isLeftAlone || !hidden[readBy].includes(name)
      ? eb.ref(name)
      : name === 'status'
        ? eb.fn.coalesce(name, name)
        : eb(name, '+', 0);
  const isOver = (eb: Listing, over: boolean) => eb(column(eb, 'not_after'), over ? '<=' : '>', nowMs);
  let narrowed = selection.where('account_id', '=', filter.accountId);
  if (filter.enterpriseProjectIds !== 'all')
    narrowed = narrowed.where('enterprise_project_id', 'in', [...filter.enterpriseProjectIds]);
  if (status === 'EXPIRED')
    narrowed = narrowed.where((eb) => eb(column(eb, 'status'), 'in', usable)).where((eb) => isOver(eb, true));
  else if (status !== undefined) narrowed = narrowed.where((eb) => eb(column(eb, 'status'), '=', status));
  if (usable.some((each) => each === status) || filter.onlyDeployable)
    narrowed = narrowed.where((eb) => isOver(eb, false));
  if (filter.onlyDeployable) narrowed = narrowed.where('deployable', '=', 1);
  if (expiresWithinMs !== undefined)
    narrowed = narrowed
      .where((eb) => eb(column(eb, 'status'), 'in', valid))
      .where((eb) => isOver(eb, false))
      .where((eb) => eb(column(eb, 'not_after'), '<=', nowMs + expiresWithinMs));
  if (content !== undefined)
    narrowed = narrowed.where((eb) => matches(eb.ref('search_text'), containsPattern(content.toLowerCase())));
  return narrowed;
}

async function idsAlong(reader: Reader, filter: CertificateFilter, page: CertificatePage): Promise<string[]> {
  const { sortKey, sortDirection, limit, offset } = page;
  // Within a state the order is that of the index of states.
  const first = sortKey === 'status' ? 'not_after' : sortKey;
  const selection = listTables(reader).selectFrom('ssl_certificate_listings').select('certificate_id');
  const isSearch = filter.content !== undefined;
  const isSorted = isSearch && !choosesIndexByRows(reader);
  const rows = await filtered(reader, selection, filter, isSearch ? 'search' : sortKey)
    .orderBy((eb) => (isSorted ? eb(first, '+', 0) : eb.ref(first)), sortDirection)
    .orderBy('certificate_id', sortDirection)
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(({ certificate_id: id }) => id);
}

/** Ids of one page; the id breaks ties, so pages never overlap. */
export async function listIds(
  reader: Reader,
  filter: CertificateFilter,
  page: CertificatePage,
): Promise<string[]> {
  if (filter.enterpriseProjectIds.length === 0) return [];
  return page.sortKey === 'status' ? idsByStatus(reader, filter, page) : idsAlong(reader, filter, page);
}

/** State by state in alphabetical order: EXPIRED is none that is stored, so no index has this order. */
async function idsByStatus(
  reader: Reader,
  filter: CertificateFilter,
  page: CertificatePage,
): Promise<string[]> {
  const counts = await countByStatus(reader, filter);
  const statuses = [...counts.keys()].sort();
  if (page.sortDirection === 'desc') statuses.reverse();
  const ids: string[] = [];
  let skipped = page.offset;
  for (const status of statuses) {
    const count = counts.get(status)!;
    if (skipped < count) {
      const rest = { ...page, offset: skipped, limit: page.limit - ids.length };
      ids.push(...(await idsAlong(reader, { ...filter, status }, rest)));
      if (ids.length >= page.limit) break;
    }
    skipped = Math.max(0, skipped - count);
  }
  return ids;
}

/** How many there are in each state, as it is shown; those without any are left out. */
export async function countByStatus(
  reader: Reader,
  filter: CertificateFilter,
): Promise<Map<CertificateStatus, number>> {
  const { status, content, expiresWithinMs } = filter;
  if (filter.enterpriseProjectIds.length === 0) return new Map();
  const isCounted = content === undefined && expiresWithinMs === undefined;
  const everyStatus = { ...filter, status: undefined };
  const counts = isCounted ? await counted(reader, everyStatus) : await scanned(reader, everyStatus);
  const shown = certificateStatuses.filter((each) => status === undefined || each === status);
  return new Map(
    shown.flatMap((each) => {
      const count = counts.get(each) ?? 0;
      return count > 0 ? [[each, count] as const] : [];
    }),
  );
}

/** How many there are on all pages. */
export async function countCertificates(reader: Reader, filter: CertificateFilter): Promise<number> {
  if (filter.enterpriseProjectIds.length === 0) return 0;
  if (filter.content === undefined && filter.expiresWithinMs === undefined) {
    const counts = await countByStatus(reader, filter);
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  }
  const selection = listTables(reader)
    .selectFrom('ssl_certificate_listings')
    .select((eb) => eb.fn.countAll<number>().as('total'));
  const readBy = filter.content === undefined ? 'not_after' : 'search';
  return (await filtered(reader, selection, filter, readBy).executeTakeFirstOrThrow()).total;
}

type Counts = Map<CertificateStatus, number>;

async function counted(reader: Reader, filter: CertificateFilter): Promise<Counts> {
  let query = listTables(reader)
    .selectFrom('ssl_certificate_counts')
    .select((eb) => ['status', eb.fn.sum<number>('total').as('total')] as const)
    .where('account_id', '=', filter.accountId)
    .groupBy('status');
  if (filter.enterpriseProjectIds !== 'all')
    query = query.where('enterprise_project_id', 'in', [...filter.enterpriseProjectIds]);
  if (filter.onlyDeployable) query = query.where('deployable', '=', 1);
  const counts: Counts = new Map((await query.execute()).map((row) => [row.status, row.total]));
  const over = await countOver(reader, filter);
  let expired = 0;
  for (const { status, total } of over) {
    counts.set(status, (counts.get(status) ?? 0) - total);
    expired += total;
  }
  if (!filter.onlyDeployable) counts.set('EXPIRED', expired);
  return counts;
}

/** Of those that time ended, how many there are of each stored state. */
async function countOver(reader: Reader, filter: CertificateFilter) {
  const selection = listTables(reader)
    .selectFrom('ssl_certificate_listings')
    .select((eb) => ['status', eb.fn.countAll<number>().as('total')] as const)
    .groupBy('status');
  const over = { ...filter, status: 'EXPIRED', onlyDeployable: false } as const;
  const query = filtered(reader, selection, over, 'status');
  return (filter.onlyDeployable ? query.where('deployable', '=', 1) : query).execute();
}

async function scanned(reader: Reader, filter: CertificateFilter): Promise<Counts> {
  const isOver = sql<number>`case when not_after <= ${filter.nowMs} then 1 else 0 end`;
  const selection = listTables(reader)
    .selectFrom('ssl_certificate_listings')
    .select((eb) => ['status', isOver.as('is_over'), eb.fn.countAll<number>().as('total')] as const);
  const readBy = filter.content === undefined ? 'status' : 'search';
  const rows = await filtered(reader, selection, filter, readBy).groupBy(['status', 'is_over']).execute();
  const counts: Counts = new Map();
  for (const { status, is_over, total } of rows) {
    const isExpired = is_over === 1 && usable.some((each) => each === status);
    const shown = isExpired ? 'EXPIRED' : status;
    counts.set(shown, (counts.get(shown) ?? 0) + total);
  }
  return counts;
}
