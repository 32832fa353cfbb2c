import type { Kysely } from 'kysely';
import { clusteredByKey, type Migrations } from '../../platform/db/index.ts';

async function createListings(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const table = schema
    .createTable('ssl_certificate_listings')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('certificate_id', 'text', (column) => column.notNull())
    .addColumn('enterprise_project_id', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('deployable', 'integer', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('search_text', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('ssl_certificate_listings_key', ['account_id', 'certificate_id'] as never[]);
  // A search reads all of an account.
  await clusteredByKey(db, table).execute();
  // Each order of a list with all that filters look at, so that rows are read for the page only.
  const filters = ['enterprise_project_id', 'deployable'];
  const orders: Readonly<Record<string, readonly string[]>> = {
    updated_at: ['updated_at', 'certificate_id', 'status', 'not_after'],
    not_after: ['not_after', 'certificate_id', 'status'],
    status: ['status', 'not_after', 'certificate_id'],
  };
  for (const [name, columns] of Object.entries(orders))
    await schema
      .createIndex(`ssl_certificate_listings_by_${name}`)
      .on('ssl_certificate_listings')
      .columns(['account_id', ...columns, ...filters])
      .execute();
}

async function createCounts({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('ssl_certificate_counts')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('enterprise_project_id', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('deployable', 'integer', (column) => column.notNull())
    .addColumn('total', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('ssl_certificate_counts_key', [
      'account_id',
      'enterprise_project_id',
      'status',
      'deployable',
    ] as never[])
    .execute();
}

async function createIds({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('ssl_certificate_ids')
    .addColumn('certificate_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('order_id', 'text')
    .execute();
  await schema
    .createTable('ssl_account_usage')
    .addColumn('account_id', 'text', (column) => column.primaryKey())
    .addColumn('free_certificates', 'bigint', (column) => column.notNull())
    .execute();
}

export const certificateMigrations: Migrations = {
  'ssl-certificates-certificates-0001-lists': {
    async up(db: Kysely<unknown>): Promise<void> {
      await createListings(db);
      await createCounts(db);
      await createIds(db);
      // Without it SQLite reads all of an account to find some by their ids.
      await db.schema
        .createIndex('ssl_certificates_of_account')
        .on('ssl_certificates')
        .columns(['account_id', 'certificate_id'])
        .execute();
      // A key may be that of several certificates: it is destroyed with the last.
      await db.schema
        .createIndex('ssl_certificates_by_key')
        .on('ssl_certificates')
        .columns(['key_id'])
        .execute();
    },
  },
};
