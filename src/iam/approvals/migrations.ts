import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

const texts = [
  'account_id',
  'operation',
  'action',
  'requester_id',
  'requester_name',
  'person_id',
  'digest',
  'method',
  'url',
  'body',
  'status',
];

async function createApprovalRequests(db: Kysely<unknown>): Promise<void> {
  let table = db.schema
    .createTable('approval_requests')
    .addColumn('approval_id', 'text', (column) => column.primaryKey());
  for (const name of texts) table = table.addColumn(name, 'text', (column) => column.notNull());
  for (const name of ['resource', 'decided_by', 'decided_by_name', 'reason'])
    table = table.addColumn(name, 'text');
  for (const name of ['opened_at', 'expires_at'])
    table = table.addColumn(name, 'bigint', (column) => column.notNull());
  await table.addColumn('decided_at', 'bigint').execute();
  await db.schema
    .createIndex('approval_requests_by_account')
    .on('approval_requests')
    .columns(['account_id', 'opened_at', 'approval_id'])
    .execute();
  await db.schema
    .createIndex('approval_requests_by_end')
    .on('approval_requests')
    .columns(['status', 'expires_at'])
    .execute();
}

export const approvalMigrations: Migrations = {
  'iam-0083-approval-requests': { up: createApprovalRequests },
};
