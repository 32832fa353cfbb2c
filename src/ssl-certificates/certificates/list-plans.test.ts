import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompiledQuery, type Kysely, type RootOperationNode } from 'kysely';
import { freshAddress } from '../../../test/support/databases.ts';
import { type Database, openDatabase, type Reader } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import { migrations } from '../index.ts';
import { findSummaries } from './certificate-store.ts';
import { type CertificateFilter, type CertificatePage, countCertificates, listIds } from './list-store.ts';

const filter: CertificateFilter = {
  accountId: 'a'.repeat(32),
  nowMs: 1_700_000_000_000,
  enterpriseProjectIds: 'all',
  onlyDeployable: false,
};
const page: CertificatePage = { sortKey: 'updated_at', sortDirection: 'desc', offset: 0, limit: 10 };

/** How SQLite carries out each query of the work. */
async function plansOf(database: Database, work: (reader: Reader) => Promise<unknown>): Promise<string[]> {
  const nodes: RootOperationNode[] = [];
  const recording = database.tables().withPlugin({
    transformQuery({ node }) {
      nodes.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  await work({ tables: <Tables>() => recording as Kysely<Tables> });
  const executor = database.tables().getExecutor();
  const plans = nodes.map(async (node) => {
    const { sql, parameters } = executor.compileQuery(node, { queryId: 'explained' });
    const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
    const { rows } = await database.tables().executeQuery<{ detail: string }>(explained);
    return rows.map(({ detail }) => detail).join('; ');
  });
  return Promise.all(plans);
}

test('no page, no total and no summary reads rows that are not asked for, nor sorts (SQLite)', async () => {
  const database = await openDatabase({ ...(await freshAddress.sqlite()), migrations, log: silentLog });
  try {
    const filters: Partial<CertificateFilter>[] = [
      {},
      { status: 'ISSUED' },
      { status: 'PAID' },
      { enterpriseProjectIds: ['0', 'p'] },
      { onlyDeployable: true },
      { expiresWithinMs: 1 },
    ];
    for (const given of filters)
      for (const sortKey of ['updated_at', 'not_after'] as const) {
        const told = JSON.stringify({ given, sortKey });
        const [plan = ''] = await plansOf(database, (reader) =>
          listIds(reader, { ...filter, ...given }, { ...page, sortKey }),
        );
        assert.match(plan, new RegExp(`COVERING INDEX ssl_certificate_listings_by_${sortKey}`), told);
        assert.doesNotMatch(plan, /TEMP B-TREE/, told);
      }
    for (const given of filters)
      for (const plan of await plansOf(database, (reader) =>
        countCertificates(reader, { ...filter, ...given }),
      )) {
        assert.match(plan, /COVERING INDEX|ssl_certificate_counts/, JSON.stringify(given));
        assert.doesNotMatch(plan, /SCAN/, JSON.stringify(given));
      }
    const ids = Array.from({ length: 10 }, (_, index) => `scs${index}`);
    const [summaries] = await plansOf(database, (reader) => findSummaries(reader, filter.accountId, ids));
    assert.match(summaries ?? '', /\(account_id=\? AND certificate_id=\?\)/);
    const [search] = await plansOf(database, (reader) => listIds(reader, { ...filter, content: 'x' }, page));
    assert.match(search ?? '', /SEARCH ssl_certificate_listings USING PRIMARY KEY \(account_id=\?\)/);
  } finally {
    await database.close();
  }
});
