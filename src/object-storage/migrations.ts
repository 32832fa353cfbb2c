import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/db/index.ts';

/** The tables of this capability. */
export const migrations: Migrations = {
  'object-storage-0001-buckets': {
    async up({ schema }: Kysely<unknown>): Promise<void> {
      await schema
        .createTable('buckets')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('create_time', 'bigint', (column) => column.notNull())
        .execute();
      await schema
        .createIndex('buckets_by_account')
        .on('buckets')
        .columns(['account_id', 'name'])
        .unique()
        .execute();
    },
  },
};
