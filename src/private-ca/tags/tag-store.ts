import { sql } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { Tag } from './tag.ts';

export type TaggedType = 'ca' | 'certificate';

/** The account and the type are those of the resource, for searches without it. */
export interface TagTable {
  resource_id: string;
  tag_key: string;
  tag_value: string;
  account_id: string;
  resource_type: TaggedType;
}

export interface TagTables {
  pca_tags: TagTable;
}

export type TaggedResource = Pick<TagTable, 'account_id' | 'resource_type' | 'resource_id'>;

/** By key. */
export async function listTags(reader: Reader, resourceId: string): Promise<Tag[]> {
  const rows = await listTagsOfAll(reader, [resourceId]);
  return rows.map(({ key, value }) => ({ key, value }));
}

/** By key, of several resources. */
export function listTagsOfAll(
  reader: Reader,
  resourceIds: readonly string[],
): Promise<(Tag & { resourceId: string })[]> {
  return reader
    .tables<TagTables>()
    .selectFrom('pca_tags')
    .select(['resource_id as resourceId', 'tag_key as key', 'tag_value as value'])
    .where('resource_id', 'in', resourceIds)
    .orderBy('tag_key')
    .execute();
}

/** PCA-D074: a key that exists already gets the new value. */
export async function upsertTags(
  transaction: Transaction,
  resource: TaggedResource,
  tags: readonly Tag[],
): Promise<void> {
  const rows = tags.map(({ key, value }) => ({ ...resource, tag_key: key, tag_value: value }));
  await transaction
    .tables<TagTables>()
    .insertInto('pca_tags')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['resource_id', 'tag_key'])
        .doUpdateSet((eb) => ({ tag_value: eb.ref('excluded.tag_value') })),
    )
    .execute();
}

/** PCA-D075: only tags of which key and value are these. */
export async function deleteTags(
  transaction: Transaction,
  resourceId: string,
  tags: readonly Tag[],
): Promise<void> {
  await transaction
    .tables<TagTables>()
    .deleteFrom('pca_tags')
    .where('resource_id', '=', resourceId)
    .where((eb) => eb.or(tags.map(({ key, value }) => eb.and({ tag_key: key, tag_value: value }))))
    .execute();
}

/** To be called after the resource's row was deleted: a tag that was being written meanwhile is seen then. */
export async function deleteAllTags(transaction: Transaction, resourceId: string): Promise<void> {
  await transaction
    .tables<TagTables>()
    .deleteFrom('pca_tags')
    .where('resource_id', '=', resourceId)
    .execute();
}

export async function countTags(reader: Reader, resourceId: string): Promise<number> {
  const counted = await reader
    .tables<TagTables>()
    .selectFrom('pca_tags')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where('resource_id', '=', resourceId)
    .executeTakeFirstOrThrow();
  return counted.total;
}

/**
 * Each pair of key and value in use, in order. From one to the next by the index: it costs as many steps as there are different
 * pairs, however many resources have them.
 */
export async function listPairs(reader: Reader, accountId: string, type: TaggedType): Promise<Tag[]> {
  const own = sql`account_id = ${accountId} and resource_type = ${type}`;
  const { rows } = await sql<Tag>`
    with recursive used_keys(k) as (
      select min(tag_key) from pca_tags where ${own}
      union all
      select (select min(tag_key) from pca_tags where ${own} and tag_key > used_keys.k)
      from used_keys where used_keys.k is not null
    ), used_pairs(k, v) as (
      select used_keys.k, (select min(tag_value) from pca_tags where ${own} and tag_key = used_keys.k)
      from used_keys where used_keys.k is not null
      union all
      select used_pairs.k,
        (select min(tag_value) from pca_tags where ${own} and tag_key = used_pairs.k and tag_value > used_pairs.v)
      from used_pairs where used_pairs.v is not null
    )
    select k as key, v as value from used_pairs where v is not null order by k, v
  `.execute(reader.tables<TagTables>());
  return rows;
}
