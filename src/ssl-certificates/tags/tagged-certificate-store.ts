import type { Expression, ExpressionBuilder, Selectable, SqlBool } from 'kysely';
import { containsPattern, matches, type Reader } from '../../platform/db/index.ts';
import type { SslCertificateTable, SslCertificateTables } from '../tables.ts';
import type { Matches, TagCondition } from './tag.ts';

/** All of it holds. */
export interface TagSearch {
  readonly accountId: string;
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

type Tables = SslCertificateTables & { found: { certificate_id: string } };

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
  const counted = await searchOf(reader, search)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return counted.total;
}

/** Begins with what an index finds: a certificate has a key once, so the first key that it has to have finds it once. */
function searchOf(reader: Reader, search: TagSearch) {
  const [first, ...others] = search.tags;
  let found = candidates(reader, search, first);
  const { certificateId, name } = search.matches;
  if (certificateId !== undefined) found = found.where('found.certificate_id', '=', certificateId);
  for (const condition of others) found = found.where((eb) => has(eb, condition));
  if (search.tagsAny.length > 0 && first) found = found.where((eb) => hasAny(eb, search.tagsAny));
  for (const condition of search.notTagsAny) found = found.where((eb) => eb.not(has(eb, condition)));
  const { notTags } = search;
  if (notTags.length > 0)
    found = found.where((eb) => eb.not(eb.and(notTags.map((condition) => has(eb, condition)))));
  if (search.withoutAnyTag)
    found = found.where((eb) => eb.not(eb.exists(tagsOfFound(eb).select('other.key'))));
  if (name !== undefined) found = found.where((eb) => isNamed(eb, name));
  return found;
}

function candidates(reader: Reader, { accountId, tagsAny }: TagSearch, first: TagCondition | undefined) {
  const tables = reader.tables<Tables>();
  if (first) {
    const tagged = tables
      .selectFrom('ssl_certificate_tags')
      .select('certificate_id')
      .where('account_id', '=', accountId)
      .where('key', '=', first.key);
    const chosen = first.values.length > 0 ? tagged.where('value', 'in', first.values) : tagged;
    return tables.selectFrom(chosen.as('found'));
  }
  if (tagsAny.length > 0) {
    const tagged = tables
      .selectFrom('ssl_certificate_tags')
      .select('certificate_id')
      .distinct()
      .where('account_id', '=', accountId)
      .where((eb) =>
        eb.or(
          tagsAny.map(({ key, values }) =>
            values.length > 0
              ? eb.and([eb('key', '=', key), eb('value', 'in', values)])
              : eb('key', '=', key),
          ),
        ),
      );
    return tables.selectFrom(tagged.as('found'));
  }
  return tables.selectFrom(
    tables
      .selectFrom('ssl_certificates')
      .select('certificate_id')
      .where('account_id', '=', accountId)
      .as('found'),
  );
}

type Found = ExpressionBuilder<Tables, 'found'>;

function tagsOfFound(eb: Found) {
  return eb
    .selectFrom('ssl_certificate_tags as other')
    .whereRef('other.certificate_id', '=', 'found.certificate_id');
}

function has(eb: Found, { key, values }: TagCondition): Expression<SqlBool> {
  const tagged = tagsOfFound(eb).select('other.key').where('other.key', '=', key);
  return eb.exists(values.length > 0 ? tagged.where('other.value', 'in', values) : tagged);
}

function hasAny(eb: Found, conditions: readonly TagCondition[]): Expression<SqlBool> {
  return eb.or(conditions.map((condition) => has(eb, condition)));
}

/** In any case, as lists of certificates search: the name is the first of the three lines of the text for searches. */
function isNamed(eb: Found, name: string): Expression<SqlBool> {
  const pattern = `${containsPattern(name.toLowerCase())}\n%\n%`;
  return eb.exists(
    eb
      .selectFrom('ssl_certificates as row')
      .select('row.certificate_id')
      .whereRef('row.certificate_id', '=', 'found.certificate_id')
      .where((row) => matches(row.ref('row.search_text'), pattern)),
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
