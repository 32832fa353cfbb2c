import { type Kysely, sql } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { SslCertificateTables } from '../tables.ts';

export interface Tag {
  readonly key: string;
  /** Maybe empty. */
  readonly value: string;
}

/** Whose tags: the account is that of the certificate, for searches without it. */
export interface TaggedCertificate {
  readonly certificateId: string;
  readonly accountId: string;
}

function tables(reader: Reader): Kysely<SslCertificateTables> {
  return reader.tables<SslCertificateTables>();
}

/** In the order of the keys. */
export async function tagsOf(reader: Reader, certificateId: string): Promise<Tag[]> {
  return tables(reader)
    .selectFrom('ssl_certificate_tags')
    .select(['key', 'value'])
    .where('certificate_id', '=', certificateId)
    .orderBy('key')
    .execute();
}

/** In the order of the keys, of several certificates. */
export async function tagsOfAll(
  reader: Reader,
  certificateIds: readonly string[],
): Promise<(Tag & { certificateId: string })[]> {
  if (certificateIds.length === 0) return [];
  return tables(reader)
    .selectFrom('ssl_certificate_tags')
    .select(['certificate_id as certificateId', 'key', 'value'])
    .where('certificate_id', 'in', certificateIds)
    .orderBy('key')
    .execute();
}

/** A key that exists already gets the new value. Nothing is checked: tags come from `readTags`. */
export async function insertTags(
  transaction: Transaction,
  { certificateId, accountId }: TaggedCertificate,
  tags: readonly Tag[],
): Promise<void> {
  if (tags.length === 0) return;
  await tables(transaction)
    .insertInto('ssl_certificate_tags')
    .values(tags.map((tag) => ({ ...tag, certificate_id: certificateId, account_id: accountId })))
    .onConflict((conflict) =>
      conflict.columns(['certificate_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute();
}

/** Only tags of which key and value are these. */
export async function deleteTags(
  transaction: Transaction,
  certificateId: string,
  tags: readonly Tag[],
): Promise<void> {
  await tables(transaction)
    .deleteFrom('ssl_certificate_tags')
    .where('certificate_id', '=', certificateId)
    .where((eb) => eb.or(tags.map(({ key, value }) => eb.and({ key, value }))))
    .execute();
}

/** To be called after the certificate's row was deleted: a tag that was being written meanwhile is seen then. */
export async function deleteAllTags(transaction: Transaction, certificateId: string): Promise<void> {
  await tables(transaction)
    .deleteFrom('ssl_certificate_tags')
    .where('certificate_id', '=', certificateId)
    .execute();
}

export async function countTags(reader: Reader, certificateId: string): Promise<number> {
  const counted = await tables(reader)
    .selectFrom('ssl_certificate_tags')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where('certificate_id', '=', certificateId)
    .executeTakeFirstOrThrow();
  return counted.total;
}

/**
 * Each pair of key and value in use, in order. From one to the next by the index: it costs as many steps as there are different
 * pairs, however many certificates have them.
 */
export async function listPairs(reader: Reader, accountId: string): Promise<Tag[]> {
  const { rows } = await sql<Tag>`
    with recursive used_keys(k) as (
      select min(key) from ssl_certificate_tags where account_id = ${accountId}
      union all
      select (select min(key) from ssl_certificate_tags where account_id = ${accountId} and key > used_keys.k)
      from used_keys where used_keys.k is not null
    ), used_pairs(k, v) as (
      select used_keys.k,
        (select min(value) from ssl_certificate_tags where account_id = ${accountId} and key = used_keys.k)
      from used_keys where used_keys.k is not null
      union all
      select used_pairs.k,
        (select min(value) from ssl_certificate_tags
         where account_id = ${accountId} and key = used_pairs.k and value > used_pairs.v)
      from used_pairs where used_pairs.v is not null
    )
    select k as key, v as value from used_pairs where v is not null order by k, v
  `.execute(tables(reader));
  return rows;
}
