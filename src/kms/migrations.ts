import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/db/index.ts';

async function createMasterKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_master_keys')
    .addColumn('singleton', 'integer', (column) => column.primaryKey())
    .addColumn('master_key_id', 'text', (column) => column.notNull())
    .addColumn('verification_tag', 'bytea', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_keys')
    .addColumn('key_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('key_alias', 'text', (column) => column.notNull())
    .addColumn('key_spec', 'text', (column) => column.notNull())
    .addColumn('key_usage', 'text', (column) => column.notNull())
    .addColumn('key_description', 'text', (column) => column.notNull())
    .addColumn('key_state', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('is_default', 'integer', (column) => column.notNull())
    .addColumn('enterprise_project_id', 'text', (column) => column.notNull())
    .addColumn('keystore_id', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('scheduled_deletion_at', 'bigint')
    .addColumn('material_expires_at', 'bigint')
    .addColumn('rotation_enabled', 'integer', (column) => column.notNull())
    .addColumn('rotation_interval_days', 'integer', (column) => column.notNull())
    .addColumn('rotation_counts_from', 'bigint')
    .addColumn('last_rotated_at', 'bigint')
    .addColumn('rotation_count', 'integer', (column) => column.notNull())
    .addColumn('current_version', 'integer', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('kms_keys_by_alias')
    .on('kms_keys')
    .columns(['account_id', 'key_alias'])
    .unique()
    .execute();
  await db.schema
    .createIndex('kms_keys_by_age')
    .on('kms_keys')
    .columns(['account_id', 'project_id', 'created_at', 'key_id'])
    .execute();
}

async function createKeyVersions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_key_versions')
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('wrapped_material', 'bytea')
    .addColumn('public_key_spki', 'bytea')
    .addColumn('material_fingerprint', 'bytea')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('kms_key_versions_key', ['key_id', 'version'])
    .execute();
}

async function createPrivateKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_private_keys')
    .addColumn('key_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('algorithm', 'text', (column) => column.notNull())
    .addColumn('public_key_spki', 'bytea', (column) => column.notNull())
    .addColumn('wrapped_private_key', 'bytea', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}

/** For the application's migrator, beside those of the other capabilities. */
export const migrations: Migrations = {
  'kms-0001-key-store': {
    async up(db: Kysely<unknown>) {
      await createMasterKeys(db);
      await createKeys(db);
      await createKeyVersions(db);
      await createPrivateKeys(db);
    },
  },
};
