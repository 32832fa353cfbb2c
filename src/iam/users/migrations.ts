import { type Kysely, sql } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

const optionalColumns = [
  'email',
  'area_code',
  'phone',
  'external_id',
  'external_type',
  'default_project_id',
] as const;

/**
 * Stores NULL for what is not set: NULL equals nothing, so no lookup finds it. SQLite cannot drop NOT NULL, so each column is
 * replaced.
 */
async function makeUnsetNull(schema: Kysely<unknown>): Promise<void> {
  for (const column of optionalColumns) {
    const replacement = `optional_${column}`;
    await schema.schema.alterTable('users').addColumn(replacement, 'text').execute();
    await sql`update users set ${sql.ref(replacement)} = nullif(trim(${sql.ref(column)}), '')`.execute(
      schema,
    );
    await schema.schema.alterTable('users').dropColumn(column).execute();
    await schema.schema.alterTable('users').renameColumn(replacement, column).execute();
  }
  await schema.schema
    .createIndex('users_by_external_id')
    .on('users')
    .columns(['account_id', 'external_id'])
    .unique()
    .execute();
}

export const userMigrations: Migrations = {
  'iam-0020-unset-user-fields-are-null': { up: makeUnsetNull },
};
