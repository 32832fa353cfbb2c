import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';
import type { PrivateCaTables } from '../tables.ts';

async function createShares(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema
    .createTable('certificate_authority_shares')
    .addColumn('ca_id', 'text', (column) => column.notNull())
    .addColumn('consumer_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('create_time', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('certificate_authority_shares_pk', ['ca_id', 'consumer_id'])
    .execute();
  await db.schema
    .createIndex('certificate_authority_shares_by_consumer')
    .on('certificate_authority_shares')
    .columns(['consumer_id', 'ca_id'])
    .execute();
}

export const sharingMigrations: Migrations = {
  'private-ca-0011-shares': { up: createShares },
};
