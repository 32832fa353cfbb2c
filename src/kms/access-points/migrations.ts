import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

async function createAccessPoints(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_access_points')
    .addColumn('access_point_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('keyspace_id', 'text', (column) => column.notNull())
    .addColumn('access_point_name', 'text', (column) => column.notNull())
    .addColumn('type', 'integer', (column) => column.notNull())
    .addColumn('identity', 'text')
    .addColumn('cluster_id', 'text')
    .addColumn('public_key', 'text')
    .addColumn('wrapped_private_key', 'bytea')
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('is_enabled', 'integer', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('modified_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('kms_access_points_by_keyspace')
    .on('kms_access_points')
    .columns(['account_id', 'project_id', 'keyspace_id', 'created_at', 'access_point_id'])
    .execute();
  await db.schema
    .createIndex('kms_access_points_by_public_key')
    .on('kms_access_points')
    .column('public_key')
    .unique()
    .execute();
}

export const accessPointMigrations: Migrations = { 'kms-0004-access-points': { up: createAccessPoints } };
