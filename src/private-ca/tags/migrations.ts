import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

async function createTags({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('pca_tags')
    .addColumn('resource_id', 'text', (column) => column.notNull())
    .addColumn('tag_key', 'text', (column) => column.notNull())
    .addColumn('tag_value', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('resource_type', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('pca_tags_pk', ['resource_id', 'tag_key'])
    .execute();
  // For a search by one value, and for the list of all pairs.
  await schema
    .createIndex('pca_tags_by_value')
    .on('pca_tags')
    .columns(['account_id', 'resource_type', 'tag_key', 'tag_value', 'resource_id'])
    .execute();
  // For a search by a key or by several values, which is in the order of ids as well.
  await schema
    .createIndex('pca_tags_by_resource')
    .on('pca_tags')
    .columns(['account_id', 'resource_type', 'tag_key', 'resource_id', 'tag_value'])
    .execute();
}

export const tagMigrations: Migrations = { 'private-ca-0010-tags': { up: createTags } };
