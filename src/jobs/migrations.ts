import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/db/index.ts';

export const jobsMigrations: Migrations = {
  'jobs-0001-jobs': {
    async up(database: Kysely<unknown>): Promise<void> {
      await database.schema
        .createTable('jobs')
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('payload', 'text', (column) => column.notNull())
        .addColumn('due_ms', 'bigint', (column) => column.notNull())
        .addColumn('ready_ms', 'bigint', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('lease', 'text')
        .addColumn('last_error', 'text')
        .addPrimaryKeyConstraint('jobs_primary', ['kind', 'key'])
        .execute();
      await database.schema.createIndex('jobs_ready').on('jobs').column('ready_ms').execute();
    },
  },
  'jobs-0050-pools': {
    async up(database: Kysely<unknown>): Promise<void> {
      await database.schema
        .alterTable('jobs')
        .addColumn('pool', 'text', (column) => column.notNull().defaultTo('local'))
        .execute();
      await database.schema.dropIndex('jobs_ready').execute();
      const indexes = {
        jobs_pool_ready: ['pool', 'ready_ms'],
        jobs_pool_account: ['pool', 'account_id', 'ready_ms'],
      };
      for (const [name, columns] of Object.entries(indexes))
        await database.schema.createIndex(name).on('jobs').columns(columns).execute();
    },
  },
};
