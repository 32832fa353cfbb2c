import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

async function createLimits({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('account_limits')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('amount', 'bigint')
    .addPrimaryKeyConstraint('account_limits_pk', ['account_id', 'kind'])
    .execute();
}

export const limitMigrations: Migrations = { 'iam-0040-account-limits': { up: createLimits } };
