import { type Kysely, sql } from 'kysely';
import type { Migrations } from '../platform/db/index.ts';
import { accessPointMigrations } from './access-points/migrations.ts';

async function createMasterKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_master_keys')
    .addColumn('role', 'text', (column) => column.primaryKey())
    .addColumn('master_key_id', 'text', (column) => column.notNull().unique())
    .addColumn('verification_tag', 'bytea', (column) => column.notNull())
    .addColumn('sealed_with_other', 'bytea')
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
    // The database itself refuses to forget a master key while anything is wrapped with it, whatever nodes do meanwhile.
    .addColumn('master_key_id', 'text', (column) => column.references('kms_master_keys.master_key_id'))
    .addColumn('public_key_spki', 'bytea')
    .addColumn('material_fingerprint', 'bytea')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('kms_key_versions_key', ['key_id', 'version'])
    .execute();
  await db.schema
    .createIndex('kms_key_versions_by_master_key')
    .on('kms_key_versions')
    .columns(['master_key_id', 'key_id', 'version'])
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

async function createQuotas(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_quotas')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('used', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('kms_quotas_key', ['account_id', 'project_id'])
    .execute();
}

async function createGrants(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_grants')
    .addColumn('grant_id', 'text', (column) => column.primaryKey())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('grantee_principal', 'text', (column) => column.notNull())
    .addColumn('grantee_principal_type', 'text', (column) => column.notNull())
    .addColumn('operations', 'text', (column) => column.notNull())
    .addColumn('name', 'text')
    .addColumn('issuing_principal', 'text', (column) => column.notNull())
    .addColumn('retiring_principal', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('kms_grants_by_key')
    .on('kms_grants')
    .columns(['key_id', 'created_at', 'grant_id'])
    .execute();
  await db.schema
    .createIndex('kms_grants_by_retirer')
    .on('kms_grants')
    .columns(['retiring_principal', 'created_at', 'grant_id'])
    .execute();
}

async function createTags(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_tags')
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('tag_key', 'text', (column) => column.notNull())
    .addColumn('tag_value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('kms_tags_key', ['key_id', 'tag_key'])
    .execute();
  await db.schema
    .createIndex('kms_tags_by_value')
    .on('kms_tags')
    .columns(['account_id', 'project_id', 'tag_key', 'tag_value', 'key_id'])
    .execute();
}

async function createAliases(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_aliases')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('alias', 'text', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('kms_aliases_key', ['account_id', 'name'])
    .execute();
  await db.schema.createIndex('kms_aliases_by_key').on('kms_aliases').columns(['key_id', 'name']).execute();
}

async function createKeystores(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_keystores')
    .addColumn('keystore_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('keystore_alias', 'text', (column) => column.notNull())
    .addColumn('keystore_type', 'text', (column) => column.notNull())
    .addColumn('hsm_cluster_id', 'text')
    .addColumn('cluster_id', 'text')
    .addColumn('hsm_ca_cert', 'text')
    .addColumn('keystore_state', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('kms_keystores_by_alias')
    .on('kms_keystores')
    .columns(['account_id', 'project_id', 'keystore_alias'])
    .unique()
    .execute();
  // Empty for keystores of the service itself, and empty values are never equal.
  await db.schema
    .createIndex('kms_keystores_by_cluster')
    .on('kms_keystores')
    .column('hsm_cluster_id')
    .unique()
    .execute();
}

async function createKeyPolicies(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_key_policies')
    .addColumn('policy_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('keyspace_id', 'text', (column) => column.notNull())
    .addColumn('policy_name', 'text', (column) => column.notNull())
    .addColumn('policy', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('modified_at', 'bigint', (column) => column.notNull())
    .addColumn('accessed_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('kms_key_policies_by_keyspace')
    .on('kms_key_policies')
    .columns(['account_id', 'project_id', 'keyspace_id', 'created_at', 'policy_id'])
    .execute();
}

async function createTokenPrivateKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_token_private_keys')
    .addColumn('key_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('cluster_id', 'text', (column) => column.notNull())
    .addColumn('algorithm', 'text', (column) => column.notNull())
    .addColumn('public_key_spki', 'bytea', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createGrantParents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('kms_grant_parents')
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('grant_id', 'text', (column) => column.notNull())
    .addColumn('parent_grant_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('kms_grant_parents_pk', ['key_id', 'grant_id', 'parent_grant_id'])
    .execute();
  await db.schema
    .createIndex('kms_grant_parents_by_grant')
    .on('kms_grant_parents')
    .column('grant_id')
    .execute();
  // Grants that exist: whoever made one and had been granted create-grant before made it because of that.
  await sql`
    insert into kms_grant_parents (key_id, grant_id, parent_grant_id)
    select child.key_id, child.grant_id, parent.grant_id
    from kms_grants child
    join kms_grants parent on parent.key_id = child.key_id
      and parent.grantee_principal_type = 'user'
      and parent.grantee_principal = child.issuing_principal
      and parent.operations like '%"create-grant"%'
      and parent.grant_id <> child.grant_id
      and parent.created_at <= child.created_at
  `.execute(db);
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
  'kms-0002-customer-keys': {
    async up(db: Kysely<unknown>) {
      await createQuotas(db);
      await createGrants(db);
      await createTags(db);
      await createAliases(db);
      await createKeystores(db);
      await createKeyPolicies(db);
    },
  },
  'kms-0003-token-private-keys': { up: createTokenPrivateKeys },
  ...accessPointMigrations,
  'kms-0050-grant-parents': { up: createGrantParents },
};
