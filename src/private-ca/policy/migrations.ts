import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';
import type { PrivateCaTables } from '../tables.ts';

async function addPolicies(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema.alterTable('certificate_authorities').addColumn('issuance_policy', 'text').execute();
}

export const policyMigrations: Migrations = {
  'private-ca-0009-issuance-policy': { up: addPolicies },
};
