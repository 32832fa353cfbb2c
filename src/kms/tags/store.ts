import type { Clock } from '../../platform/clock.ts';
import type { Reader, Transaction } from '../../platform/db/database.ts';
import { containsPattern, matches } from '../../platform/db/index.ts';
import type { KeyTable, KmsTables, TagTable } from '../tables.ts';
import type { Tag } from './tag.ts';

type TagOwner = Pick<KeyTable, 'key_id' | 'account_id' | 'project_id'>;

/** An existing key of a tag gets the new value. */
export async function upsertTags(
  transaction: Transaction,
  owner: TagOwner,
  tags: readonly Tag[],
): Promise<void> {
  for (const { key, value } of tags) {
    const row: TagTable = {
      key_id: owner.key_id,
      account_id: owner.account_id,
      project_id: owner.project_id,
      tag_key: key,
      tag_value: value,
    };
    await transaction
      .tables<KmsTables>()
      .insertInto('kms_tags')
      .values(row)
      .onConflict((conflict) => conflict.columns(['key_id', 'tag_key']).doUpdateSet({ tag_value: value }))
      .execute();
  }
}

/** How many there were. */
export async function deleteTags(
  transaction: Transaction,
  keyId: string,
  tagKeys: readonly string[],
): Promise<number> {
  const result = await transaction
    .tables<KmsTables>()
    .deleteFrom('kms_tags')
    .where('key_id', '=', keyId)
    .where('tag_key', 'in', tagKeys)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export async function countTags(reader: Reader, keyId: string): Promise<number> {
  const { count } = await reader
    .tables<KmsTables>()
    .selectFrom('kms_tags')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('key_id', '=', keyId)
    .executeTakeFirstOrThrow();
  return count;
}

/** Each tag of the project's keys once, by key and value. */
export async function listProjectTags(
  reader: Reader,
  accountId: string,
  projectId: string,
): Promise<Pick<TagTable, 'tag_key' | 'tag_value'>[]> {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_tags')
    .select(['tag_key', 'tag_value'])
    .distinct()
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .orderBy('tag_key')
    .orderBy('tag_value')
    .execute();
}

export interface InstanceFilter {
  readonly accountId: string;
  readonly projectId: string;
  readonly enterpriseProjectIds: 'all' | readonly string[];
  /** Every entry must match; of its values one. No values: the tag is there. */
  readonly tags: readonly { readonly key: string; readonly values: readonly string[] }[];
  /** Parts of the alias, all of which must be in it. */
  readonly aliasParts: readonly string[];
}

function matching(reader: Reader, clock: Clock, filter: InstanceFilter) {
  let query = reader
    .tables<KmsTables>()
    .selectFrom('kms_keys')
    .where('account_id', '=', filter.accountId)
    .where('project_id', '=', filter.projectId)
    .where('is_default', '=', 0)
    .where((eb) => eb.or([eb('key_state', '!=', '4'), eb('scheduled_deletion_at', '>', clock.nowMs())]));
  const { enterpriseProjectIds: projects } = filter;
  if (projects !== 'all') query = query.where('enterprise_project_id', 'in', [...projects]);
  for (const part of filter.aliasParts)
    query = query.where((eb) => matches(eb.ref('key_alias'), containsPattern(part)));
  for (const { key, values } of filter.tags)
    query = query.where((eb) => {
      let tags = eb
        .selectFrom('kms_tags')
        .select('kms_tags.key_id')
        .whereRef('kms_tags.key_id', '=', 'kms_keys.key_id')
        .where('kms_tags.tag_key', '=', key);
      if (values.length > 0) tags = tags.where('kms_tags.tag_value', 'in', values);
      return eb.exists(tags);
    });
  return query;
}

export async function countInstances(reader: Reader, clock: Clock, filter: InstanceFilter): Promise<number> {
  const { total } = await matching(reader, clock, filter)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
}

/** Newest first. */
export async function listInstances(
  reader: Reader,
  clock: Clock,
  filter: InstanceFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<KeyTable[]> {
  return await matching(reader, clock, filter)
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('key_id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

export async function listTagsOf(reader: Reader, keyIds: readonly string[]): Promise<TagTable[]> {
  if (keyIds.length === 0) return [];
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_tags')
    .selectAll()
    .where('key_id', 'in', keyIds)
    .orderBy('tag_key')
    .execute();
}
