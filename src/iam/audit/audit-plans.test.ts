import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompiledQuery, type Kysely, type RootOperationNode, sql } from 'kysely';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import type { Database } from '../../platform/db/index.ts';
import { migrations } from '../index.ts';
import type { AuditRecordTable } from '../tables.ts';
import { recordIdAt } from './audit-trail.ts';
import { findAuditRecords, insertAuditRecord } from './store.ts';

function record(index: number): AuditRecordTable {
  const isRare = index % 2_000 === 0;
  return {
    record_id: recordIdAt(index),
    account_id: 'acme',
    recorded_at: index,
    principal_kind: 'user',
    principal_id: 'p',
    principal_name: 'p',
    access_key: null,
    source_ip: null,
    request_id: 'r',
    action: isRare ? 'iam:users:deleteUser' : 'pca:ca:issueCert',
    resource_type: isRare ? 'user' : 'certificate',
    resource_id: null,
    resource_name: null,
    result: 'success',
    detail: null,
  };
}

async function planOf(
  database: Database,
  filter: { action?: string; resourceType?: string },
): Promise<string> {
  const nodes: RootOperationNode[] = [];
  const recording = database.tables().withPlugin({
    transformQuery({ node }) {
      nodes.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  await findAuditRecords({ tables: <Tables>() => recording as Kysely<Tables> }, 'acme', filter, 10);
  const { sql: text, parameters } = database
    .tables()
    .getExecutor()
    .compileQuery(nodes[0]!, { queryId: 'explained' });
  const explain = text.includes('?') ? 'explain query plan' : 'explain';
  const explained = CompiledQuery.raw(`${explain} ${text}`, [...parameters]);
  const { rows } = await database.tables().executeQuery<Record<string, string>>(explained);
  return rows.map((row) => row.detail ?? row['QUERY PLAN']).join('\n');
}

describeOnEachDatabase('searches in the audit trail', migrations, (open) => {
  test('by action and by type each have an index', async () => {
    const database = await open();
    await database.transaction(async (transaction) => {
      for (let index = 0; index < 4_000; index++) await insertAuditRecord(transaction, record(index));
    });
    await database.transaction((transaction) => sql`analyze`.execute(transaction.tables()));
    assert.match(await planOf(database, { action: 'iam:users:deleteUser' }), /audit_records_by_action/);
    assert.match(await planOf(database, { resourceType: 'user' }), /audit_records_by_resource_type/);
    assert.equal(
      (await findAuditRecords(database, 'acme', { action: 'iam:users:deleteUser' }, 10)).length,
      2,
    );
  });
});
