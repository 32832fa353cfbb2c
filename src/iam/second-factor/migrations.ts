import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';
import { createIndex, createTable } from '../create-table.ts';

async function createSecondFactors(schema: Kysely<unknown>): Promise<void> {
  const text = 'text';
  await createTable(
    schema,
    'totp_devices',
    {
      serial_number: text,
      account_id: text,
      user_id: text,
      name: text,
      wrapped_seed: 'bytea',
      'bound_at?': 'bigint',
      'last_step?': 'bigint',
      created_at: 'bigint',
    },
    ['serial_number'],
  );
  await createTable(
    schema,
    'passkeys',
    {
      credential_id: text,
      account_id: text,
      user_id: text,
      name: text,
      public_key: 'bytea',
      sign_count: 'bigint',
      transports: text,
      backed_up: 'integer',
      created_at: 'bigint',
      'last_used_at?': 'bigint',
    },
    ['credential_id'],
  );
  for (const table of ['totp_devices', 'passkeys'])
    await createIndex(schema, table, ['account_id', 'user_id']);
  await createTable(
    schema,
    'recovery_codes',
    { account_id: text, user_id: text, code_hash: text, created_at: 'bigint' },
    ['user_id', 'code_hash'],
  );
  await createTable(schema, 'used_challenges', { challenge_hash: text, expires_at: 'bigint' }, [
    'challenge_hash',
  ]);
  await createIndex(schema, 'used_challenges', ['expires_at']);
  await createTable(schema, 'login_protections', { user_id: text, account_id: text, created_at: 'bigint' }, [
    'user_id',
  ]);
  await createIndex(schema, 'login_protections', ['account_id']);
  await schema.schema.alterTable('sessions').addColumn('second_factor_at', 'bigint').execute();
}

export const secondFactorMigrations: Migrations = {
  'iam-0060-second-factors': { up: createSecondFactors },
};
