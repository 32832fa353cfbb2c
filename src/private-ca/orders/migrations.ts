import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';
import type { PrivateCaTables } from '../tables.ts';

async function createSubscriptions(db: Kysely<PrivateCaTables>): Promise<void> {
  const orders = () => db.schema.alterTable('certificate_authority_orders');
  await orders()
    .addColumn('order_type', 'text', (column) => column.notNull().defaultTo('purchase'))
    .execute();
  await orders()
    .addColumn('user_name', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  await orders()
    .addColumn('amount_cents', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await orders()
    .addColumn('currency', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  await orders().addColumn('ca_ids', 'text').execute();
  await db.schema
    .createTable('certificate_authority_subscriptions')
    .addColumn('ca_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('order_id', 'text', (column) => column.notNull())
    .addColumn('period_type', 'integer', (column) => column.notNull())
    .addColumn('period_num', 'integer', (column) => column.notNull())
    .addColumn('is_auto_renew', 'integer', (column) => column.notNull())
    .addColumn('effective_time', 'bigint', (column) => column.notNull())
    .addColumn('expire_time', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('certificate_authority_subscriptions_by_account')
    .on('certificate_authority_subscriptions')
    .columns(['account_id', 'effective_time', 'ca_id'])
    .execute();
  await db.schema
    .createIndex('certificate_authority_subscriptions_by_order')
    .on('certificate_authority_subscriptions')
    .column('order_id')
    .execute();
}

export const orderMigrations: Migrations = {
  'private-ca-0008-subscriptions': { up: createSubscriptions },
};
