import type { Expression, SqlBool } from 'kysely';
import { containsPattern, matches, type Reader, type Transaction } from '../../platform/db/index.ts';
import type { PrivateCaTables } from '../tables.ts';
import type { TagCondition } from './tag.ts';
import type { TaggedResource, TaggedType, TagTables } from './tag-store.ts';

type Tables = PrivateCaTables & TagTables;

export interface TagSearch {
  readonly accountId: string;
  readonly type: TaggedType;
  /** All of them hold; at least one. */
  readonly conditions: readonly [TagCondition, ...TagCondition[]];
  /** Part of the common name. */
  readonly name: string | undefined;
  readonly enterpriseProjectIds: 'all' | readonly string[];
}

/** Ids of resources, newest first as far as ids tell. */
export async function findTagged(
  reader: Reader,
  search: TagSearch,
  page: { readonly offset: number; readonly limit: number },
): Promise<string[]> {
  const rows = await tagged(reader, search)
    .select('t.resource_id as id')
    .orderBy('t.resource_id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return rows.map(({ id }) => id);
}

export async function countTagged(reader: Reader, search: TagSearch): Promise<number> {
  const counted = await tagged(reader, search)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return counted.total;
}

/** A resource has a key once, so it is found once by the first condition; the others are looked up by its id. */
function tagged(reader: Reader, search: TagSearch) {
  const { accountId, type, conditions, name, enterpriseProjectIds: projects } = search;
  const [first, ...others] = conditions;
  let found = reader
    .tables<Tables>()
    .selectFrom('pca_tags as t')
    .where('t.account_id', '=', accountId)
    .where('t.resource_type', '=', type)
    .where('t.tag_key', '=', first.key);
  if (first.values.length > 0) found = found.where('t.tag_value', 'in', first.values);
  for (const { key, values } of others)
    found = found.where((eb) => {
      const other = eb
        .selectFrom('pca_tags as o')
        .select('o.tag_key')
        .whereRef('o.resource_id', '=', 't.resource_id')
        .where('o.tag_key', '=', key);
      return eb.exists(values.length > 0 ? other.where('o.tag_value', 'in', values) : other);
    });
  const named = (column: Expression<string | null>): Expression<SqlBool> =>
    matches(column, containsPattern(name ?? ''));
  switch (type) {
    case 'ca':
      // Tags of CAs that no list shows are kept, and shown by their ids only.
      return found.where((eb) => {
        let listed = eb
          .selectFrom('certificate_authorities as r')
          .select('r.ca_id')
          .whereRef('r.ca_id', '=', 't.resource_id')
          .where('r.listed', '=', 1);
        if (name !== undefined) listed = listed.where((row) => named(row.ref('r.common_name')));
        if (projects !== 'all') listed = listed.where('r.enterprise_project_id', 'in', [...projects]);
        return eb.exists(listed);
      });
    case 'certificate':
      if (name === undefined && projects === 'all') return found;
      return found.where((eb) => {
        let rows = eb
          .selectFrom('private_certificates as r')
          .select('r.certificate_id')
          .whereRef('r.certificate_id', '=', 't.resource_id');
        if (name !== undefined) rows = rows.where((row) => named(row.ref('r.common_name')));
        if (projects !== 'all') rows = rows.where('r.enterprise_project_id', 'in', [...projects]);
        return eb.exists(rows);
      });
  }
}

/**
 * Holds the resource's row until the end of the transaction, so that it is not deleted meanwhile and its tags are counted right;
 * false if it is gone.
 */
export async function holdResource(
  transaction: Transaction,
  { resource_type: type, resource_id: id, account_id: accountId }: TaggedResource,
): Promise<boolean> {
  const tables = transaction.tables<Tables>();
  // Writing what is there is a lock on both engines.
  const held =
    type === 'ca'
      ? tables
          .updateTable('certificate_authorities')
          .set((eb) => ({ freeze_flag: eb.ref('freeze_flag') }))
          .where('ca_id', '=', id)
          .where('account_id', '=', accountId)
          .where('status', '!=', 'PURGED')
      : tables
          .updateTable('private_certificates')
          .set((eb) => ({ freeze_flag: eb.ref('freeze_flag') }))
          .where('certificate_id', '=', id)
          .where('account_id', '=', accountId);
  return (await held.executeTakeFirst()).numUpdatedRows === 1n;
}
