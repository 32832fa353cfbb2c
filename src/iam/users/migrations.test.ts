import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kysely } from 'kysely';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { migrations } from '../index.ts';
import { findUsers } from './store.ts';

/** Columns that users had at first: those that came later do not exist yet. */
const oldUser = {
  account_id: 'acme',
  description: '',
  enabled: 1,
  is_root: 0,
  access_mode: 'default',
  password_strength: 'Low',
  password_reset: 0,
  credentials_version: 1,
  created_at: 1,
  updated_at: 1,
};

/** As users were stored before: the empty string for what is not set. */
async function insertOldUsers(schema: Kysely<unknown>): Promise<void> {
  const users = (schema as Kysely<{ users: Record<string, unknown> }>).insertInto('users');
  const unset = { email: '', area_code: '', phone: '', external_type: '', default_project_id: '' };
  for (const [name, external_id] of [
    ['root', ''],
    ['al', 'al@corp.test'],
    ['bo', ''],
  ] as const) {
    await users.values({ ...oldUser, ...unset, user_id: name, name, external_id }).execute();
  }
}

const upgrade = { ...migrations, 'iam-0019-rows-of-before': { up: insertOldUsers } };

describeOnEachDatabase('the upgrade of users', upgrade, (open) => {
  test('what was empty is not set, and equals nothing', async () => {
    const database = await open();
    const users = await findUsers(database, 'acme');
    assert.deepEqual(
      users.map(({ name, external_id, email, default_project_id }) => [
        name,
        external_id,
        email,
        default_project_id,
      ]),
      [
        ['al', 'al@corp.test', null, null],
        ['bo', null, null, null],
        ['root', null, null, null],
      ],
    );
    assert.deepEqual(await findUsers(database, 'acme', { externalId: '' }), []);
  });
});
