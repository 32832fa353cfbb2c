import { type Kysely, sql } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

async function createSecurityPolicies(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('security_policies')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('security_policies_pk', ['account_id', 'kind'])
    .execute();
}

async function addPasswordAge(db: Kysely<unknown>): Promise<void> {
  for (const column of ['password_changed_at', 'last_active_at'])
    await db.schema.alterTable('users').addColumn(column, 'bigint').execute();
  // The last change of the user is the latest moment at which the password can have changed.
  const tables = db as Kysely<{
    users: { password_changed_at: number | null; password_hash: string | null };
  }>;
  await tables
    .updateTable('users')
    .set({ password_changed_at: sql`updated_at` })
    .where('password_hash', 'is not', null)
    .execute();
  await db.schema
    .createTable('earlier_passwords')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('replaced_at', 'bigint', (column) => column.notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('earlier_passwords_pk', ['account_id', 'user_id', 'password_hash'])
    .execute();
}

async function addSessionUse(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('last_used_at', 'bigint').execute();
}

export const securityPolicyMigrations: Migrations = {
  'iam-0080-security-policies': { up: createSecurityPolicies },
  'iam-0081-password-age': { up: addPasswordAge },
  'iam-0082-session-use': { up: addSessionUse },
};
