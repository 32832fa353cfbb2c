import { type Kysely, sql } from 'kysely';
import { type Migrations, settingsMigrations } from '../platform/db/index.ts';
import { accessKeyMigrations } from './access-keys/migrations.ts';
import { approvalMigrations } from './approvals/migrations.ts';
import { auditMigrations } from './audit/migrations.ts';
import { createIndex, createTable } from './create-table.ts';
import { limitMigrations } from './limits/migrations.ts';
import { secondFactorMigrations } from './second-factor/migrations.ts';
import { securityPolicyMigrations } from './security-policies/migrations.ts';
import { sessionMigrations } from './tokens/migrations.ts';
import { userMigrations } from './users/migrations.ts';

async function createAccounts(schema: Kysely<unknown>): Promise<void> {
  const text = 'text';
  await createTable(
    schema,
    'accounts',
    {
      account_id: text,
      name: text,
      description: text,
      enabled: 'integer',
      operator: 'integer',
      created_at: 'bigint',
    },
    ['account_id'],
    [['name']],
  );
  await createTable(
    schema,
    'projects',
    {
      project_id: text,
      account_id: text,
      name: text,
      parent_id: text,
      description: text,
      enabled: 'integer',
      created_at: 'bigint',
    },
    ['project_id'],
    [['account_id', 'name']],
  );
  await createTable(
    schema,
    'enterprise_projects',
    {
      enterprise_project_id: text,
      account_id: text,
      name: text,
      description: text,
      type: text,
      enabled: 'integer',
      created_at: 'bigint',
      updated_at: 'bigint',
    },
    ['enterprise_project_id'],
    [['account_id', 'name']],
  );
}

async function createUsersAndGroups(schema: Kysely<unknown>): Promise<void> {
  const text = 'text';
  await createTable(
    schema,
    'users',
    {
      user_id: text,
      account_id: text,
      name: text,
      description: text,
      email: text,
      area_code: text,
      phone: text,
      enabled: 'integer',
      is_root: 'integer',
      access_mode: text,
      external_id: text,
      external_type: text,
      default_project_id: text,
      'password_hash?': text,
      password_strength: text,
      password_reset: 'integer',
      credentials_version: 'bigint',
      created_at: 'bigint',
      updated_at: 'bigint',
      'last_login_at?': 'bigint',
    },
    ['user_id'],
    [['account_id', 'name']],
  );
  await createTable(
    schema,
    'user_groups',
    { group_id: text, account_id: text, name: text, description: text, created_at: 'bigint' },
    ['group_id'],
    [['account_id', 'name']],
  );
  await createTable(schema, 'group_members', { group_id: text, user_id: text }, ['group_id', 'user_id']);
  await createIndex(schema, 'group_members', ['user_id']);
}

async function createPolicies(schema: Kysely<unknown>): Promise<void> {
  const text = 'text';
  await createTable(
    schema,
    'policies',
    {
      policy_id: text,
      account_id: text,
      name: text,
      display_name: text,
      type: text,
      catalog: text,
      description: text,
      document: text,
      created_at: 'bigint',
      updated_at: 'bigint',
    },
    ['policy_id'],
    [['account_id', 'display_name']],
  );
  await createTable(
    schema,
    'role_assignments',
    {
      account_id: text,
      subject_kind: text,
      subject_id: text,
      scope_kind: text,
      scope_id: text,
      policy_id: text,
      created_at: 'bigint',
    },
    ['subject_id', 'scope_id', 'policy_id', 'scope_kind'],
  );
  await createIndex(schema, 'role_assignments', ['account_id', 'policy_id']);
  await createIndex(schema, 'role_assignments', ['account_id', 'scope_id']);
}

async function createCredentials(schema: Kysely<unknown>): Promise<void> {
  const text = 'text';
  await createTable(
    schema,
    'access_keys',
    {
      access_key: text,
      account_id: text,
      user_id: text,
      wrapped_secret: 'bytea',
      status: text,
      description: text,
      created_at: 'bigint',
      'last_used_at?': 'bigint',
    },
    ['access_key'],
  );
  await createIndex(schema, 'access_keys', ['user_id']);
  await createTable(
    schema,
    'sessions',
    {
      token_hash: text,
      use: text,
      'access_key?': text,
      'wrapped_secret?': 'bytea',
      account_id: text,
      principal_kind: text,
      principal_id: text,
      'federated_name?': text,
      'federated_groups?': text,
      'assumed_by?': text,
      credentials_version: 'bigint',
      'project_id?': text,
      scope: text,
      methods: text,
      issued_at: 'bigint',
      expires_at: 'bigint',
    },
    ['token_hash'],
    [['access_key']],
  );
  await createIndex(schema, 'sessions', ['principal_id']);
  await createIndex(schema, 'sessions', ['expires_at']);
}

async function createDelegation(schema: Kysely<unknown>): Promise<void> {
  const text = 'text';
  await createTable(
    schema,
    'agencies',
    {
      agency_id: text,
      account_id: text,
      name: text,
      description: text,
      'trust_account_id?': text,
      trust_name: text,
      duration: text,
      created_at: 'bigint',
      'expires_at?': 'bigint',
    },
    ['agency_id'],
    [['account_id', 'name']],
  );
  await createTable(
    schema,
    'identity_providers',
    {
      provider_id: text,
      account_id: text,
      sso_type: text,
      description: text,
      enabled: 'integer',
      'oidc_config?': text,
      created_at: 'bigint',
    },
    ['provider_id'],
  );
  await createIndex(schema, 'identity_providers', ['account_id']);
  await createTable(schema, 'identity_mappings', { account_id: text, mapping_id: text, rules: text }, [
    'account_id',
    'mapping_id',
  ]);
  await createTable(
    schema,
    'identity_protocols',
    { account_id: text, provider_id: text, protocol_id: text, mapping_id: text },
    ['account_id', 'provider_id', 'protocol_id'],
  );
}

async function createAuditTrail(schema: Kysely<unknown>): Promise<void> {
  const text = 'text';
  await createTable(
    schema,
    'audit_records',
    {
      record_id: text,
      account_id: text,
      recorded_at: 'bigint',
      principal_kind: text,
      principal_id: text,
      principal_name: text,
      'access_key?': text,
      'source_ip?': text,
      request_id: text,
      action: text,
      resource_type: text,
      'resource_id?': text,
      'resource_name?': text,
      result: text,
      'detail?': text,
    },
    ['account_id', 'record_id'],
  );
  // Every change writes a record, so each index is paid by every issuance: these two find who and what, time is in the key.
  for (const column of ['principal_id', 'resource_id'])
    await createIndex(schema, 'audit_records', ['account_id', column, 'record_id']);
  // Partial: refusals and failures are few and what people look for; successes are nearly all there is.
  await schema.schema
    .createIndex('audit_records_unsuccessful')
    .on('audit_records')
    .columns(['account_id', 'record_id'])
    .where(sql.ref('result'), '<>', sql.lit('success'))
    .execute();
}

/** Applied by app.ts with those of the other capabilities. */
export const migrations: Migrations = {
  'iam-0001-accounts': { up: createAccounts },
  'iam-0002-users-and-groups': { up: createUsersAndGroups },
  'iam-0003-policies': { up: createPolicies },
  'iam-0004-credentials': { up: createCredentials },
  'iam-0005-delegation': { up: createDelegation },
  'iam-0006-audit-trail': { up: createAuditTrail },
  ...limitMigrations,
  ...securityPolicyMigrations,
  ...approvalMigrations,
  ...settingsMigrations,
  ...auditMigrations,
  ...userMigrations,
  ...sessionMigrations,
  ...accessKeyMigrations,
  ...secondFactorMigrations,
};
