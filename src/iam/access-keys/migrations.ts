import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

async function addLastAddress(schema: Kysely<unknown>): Promise<void> {
  await schema.schema.alterTable('access_keys').addColumn('last_used_ip', 'text').execute();
}

export const accessKeyMigrations: Migrations = {
  'iam-0024-last-address-of-access-keys': { up: addLastAddress },
};
