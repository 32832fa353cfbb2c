import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

/**
 * Finds records by action and by type of resource, newest first. Every issuance pays for both, some 10 µs each; without them a rare
 * action is searched for through the whole trail of the account.
 */
async function indexActions(schema: Kysely<unknown>): Promise<void> {
  for (const column of ['action', 'resource_type'])
    await schema.schema
      .createIndex(`audit_records_by_${column}`)
      .on('audit_records')
      .columns(['account_id', column, 'record_id'])
      .execute();
}

export const auditMigrations: Migrations = {
  'iam-0022-audit-records-by-action-and-type': { up: indexActions },
};
