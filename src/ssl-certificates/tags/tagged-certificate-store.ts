import type { Expression, ExpressionBuilder, Selectable, SelectQueryBuilder, SqlBool } from 'kysely';
import { containsPattern, matches, type Reader } from '../../platform/db/index.ts';
import type { CertificateTables } from '../certificates/list-tables.ts';
import type { SslCertificateTable, SslCertificateTables } from '../tables.ts';
import type { Matches, TagCondition } from './tag.ts';

/** All of it holds. */
export interface TagSearch {
  readonly accountId: string;
  /** Certificates of these only. */
  readonly enterpriseProjectIds: 'all' | readonly string[];
  /** True: certificates without tags only; the four lists are empty then. */
  readonly withoutAnyTag: boolean;
  /** Has all of these. */
  readonly tags: readonly TagCondition[];
  /** Has one of these, if there are any. */
  readonly tagsAny: readonly TagCondition[];
  /** Does not have all of these. */
  readonly notTags: readonly TagCondition[];
  /** Has none of these. */
  readonly notTagsAny: readonly TagCondition[];
  readonly matches: Matches;
}

type Tables = CertificateTables & { found: { certificate_id: string } };

/** Ids, newest first as far as ids tell. */
export async function findTagged(
  reader: Reader,
  search: TagSearch,
  page: { readonly offset: number; readonly limit: number },
): Promise<string[]> {
  const rows = await searchOf(reader, search)
    .select('found.certificate_id as id')
    .orderBy('found.certificate_id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return rows.map(({ id }) => id);
}

export async function countTagged(reader: Reader, search: TagSearch): Promise<number> {
  const { enterpriseProjectIds, matches: sought } = search;
  const isOfAll = !isByTags(search) && enterpriseProjectIds === 'all' && sought.name === undefined;
  if (isOfAll && sought.certificateId === undefined) return countNotExcluded(reader, search);
  const counted = await searchOf(reader, search)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return counted.total;
}

/** All of the account, of which the number is known, without those that are excluded: tags go with their certificate. */
async function countNotExcluded(reader: Reader, search: TagSearch): Promise<number> {
  const all = await reader
    .tables<CertificateTables>()
    .selectFrom('ssl_certificate_counts')
    .select((eb) => eb.fn.sum<number | null>('total').as('total'))
    .where('account_id', '=', search.accountId)
    .executeTakeFirstOrThrow();
  const [first, ...others] = excludedBy(reader, search);
  if (!first) return Number(all.total ?? 0);
  const union = others.reduce((ids, each) => ids.union(each), first.distinct());
  const excluded = await reader
    .tables<SslCertificateTables>()
    .selectFrom(union.as('excluded'))
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return Number(all.total ?? 0) - excluded.total;
}

const mostCounted = 1_000;

/** The condition that the fewest fulfil first, for a search begins with it; those that many fulfil are in any order. */
export async function rarestFirst(
  reader: Reader,
  accountId: string,
  conditions: readonly TagCondition[],
): Promise<readonly TagCondition[]> {
  if (conditions.length < 2) return conditions;
  const counted = [];
  for (const condition of conditions) {
    const some = tagged(reader, accountId, condition).limit(mostCounted);
    const { total } = await reader
      .tables<SslCertificateTables>()
      .selectFrom(some.as('some'))
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    counted.push({ condition, total });
  }
  return counted.sort((a, b) => a.total - b.total).map(({ condition }) => condition);
}

/** Begins with what an index finds: a certificate has a key once, so the first key that it has to have finds it once. */
function searchOf(reader: Reader, search: TagSearch) {
  const { accountId, enterpriseProjectIds } = search;
  const [first, ...others] = search.tags;
  let found = candidates(reader, search, first);
  const { certificateId, name } = search.matches;
  if (certificateId !== undefined) found = found.where('found.certificate_id', '=', certificateId);
  if (enterpriseProjectIds !== 'all')
    found = found.where((eb) => isOfProjects(eb, accountId, enterpriseProjectIds));
  for (const condition of others) found = found.where((eb) => has(eb, condition));
  if (search.tagsAny.length > 0 && first)
    found = found.where((eb) => eb.or(search.tagsAny.map((condition) => has(eb, condition))));
  // What is excluded is read once, by the index: asking for each that is left whether it is would take ten times as long.
  for (const excluded of excludedBy(reader, search))
    found = found.where((eb) => eb('found.certificate_id', 'not in', excluded));
  if (name !== undefined && isByTags(search)) found = found.where((eb) => isNamed(eb, accountId, name));
  return found;
}

function excludedBy(reader: Reader, search: TagSearch): TaggedIds[] {
  const { accountId, notTags, notTagsAny, withoutAnyTag } = search;
  return [
    ...(notTagsAny.length > 0 ? [withAny(reader, accountId, notTagsAny)] : []),
    ...(notTags.length > 0 ? [withAll(reader, accountId, notTags)] : []),
    ...(withoutAnyTag ? [tagged(reader, accountId)] : []),
  ];
}

const isByTags = ({ tags, tagsAny }: TagSearch) => tags.length > 0 || tagsAny.length > 0;

function candidates(reader: Reader, search: TagSearch, first: TagCondition | undefined) {
  const { accountId, tagsAny, matches: sought } = search;
  const tables = reader.tables<Tables>();
  if (first) return tables.selectFrom(tagged(reader, accountId, first).as('found'));
  if (tagsAny.length > 0) return tables.selectFrom(withAny(reader, accountId, tagsAny).as('found'));
  const all = tables
    .selectFrom('ssl_certificate_listings')
    .select('certificate_id')
    .where('account_id', '=', accountId);
  const { name } = sought;
  const named =
    name === undefined ? all : all.where((eb) => matches(eb.ref('search_text'), namePattern(name)));
  return tables.selectFrom(named.as('found'));
}

type Found = ExpressionBuilder<Tables, 'found'>;
type TaggedIds = SelectQueryBuilder<SslCertificateTables, 'ssl_certificate_tags', { certificate_id: string }>;

/** Certificates of the account with this tag, or with any. */
function tagged(reader: Reader, accountId: string, condition?: TagCondition): TaggedIds {
  const all = reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_certificate_tags')
    .select('certificate_id')
    .where('account_id', '=', accountId);
  if (!condition) return all;
  const ofKey = all.where('key', '=', condition.key);
  return condition.values.length > 0 ? ofKey.where('value', 'in', condition.values) : ofKey;
}

/** Each by its own part of the index; who has several is there once. */
function withAny(reader: Reader, accountId: string, conditions: readonly TagCondition[]): TaggedIds {
  return conditions
    .map((condition) => tagged(reader, accountId, condition))
    .reduce((all, each) => all.union(each));
}

function withAll(reader: Reader, accountId: string, conditions: readonly TagCondition[]): TaggedIds {
  return conditions
    .map((condition) => tagged(reader, accountId, condition))
    .reduce((all, each) => all.intersect(each));
}

function has(eb: Found, { key, values }: TagCondition): Expression<SqlBool> {
  const other = eb
    .selectFrom('ssl_certificate_tags as other')
    .select('other.key')
    .whereRef('other.certificate_id', '=', 'found.certificate_id')
    .where('other.key', '=', key);
  return eb.exists(values.length > 0 ? other.where('other.value', 'in', values) : other);
}

/** In any case, as lists of certificates search: the name is the first of the three lines of the text for searches. */
const namePattern = (name: string) => `${containsPattern(name.toLowerCase())}\n%\n%`;

function isNamed(eb: Found, accountId: string, name: string): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('ssl_certificate_listings as row')
      .select('row.certificate_id')
      .where('row.account_id', '=', accountId)
      .whereRef('row.certificate_id', '=', 'found.certificate_id')
      .where((row) => matches(row.ref('row.search_text'), namePattern(name))),
  );
}

function isOfProjects(eb: Found, accountId: string, ids: readonly string[]): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('ssl_certificate_listings as row')
      .select('row.certificate_id')
      .where('row.account_id', '=', accountId)
      .whereRef('row.certificate_id', '=', 'found.certificate_id')
      .where('row.enterprise_project_id', 'in', [...ids]),
  );
}

/** What a search shows of a certificate. */
const shownColumns = [
  'certificate_id',
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
  'remaining_count',
  'predecessor_id',
  'successor_id',
  'domain',
  'sans',
  'issued_at',
  'not_after',
  'signature_algorithm',
  'key_algorithm',
  'key_id',
  'failure_reason',
] as const satisfies readonly (keyof SslCertificateTable)[];

export type TaggedCertificateRow = Pick<Selectable<SslCertificateTable>, (typeof shownColumns)[number]>;

/** Those of the account with these ids, in descending order of the ids. */
export function readTagged(
  reader: Reader,
  accountId: string,
  ids: readonly string[],
): Promise<TaggedCertificateRow[]> {
  return reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_certificates')
    .select(shownColumns)
    .where('certificate_id', 'in', ids)
    .where('account_id', '=', accountId)
    .orderBy('certificate_id', 'desc')
    .execute();
}

/** By the id of a certificate the id of the one before it, where there is one. */
export async function predecessorsOf(
  reader: Reader,
  accountId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_certificates')
    .select(['certificate_id', 'predecessor_id'])
    .where('certificate_id', 'in', ids)
    .where('account_id', '=', accountId)
    .execute();
  return new Map(
    rows.flatMap(({ certificate_id: id, predecessor_id: before }) => (before === null ? [] : [[id, before]])),
  );
}
