import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompiledQuery, type Kysely, type RootOperationNode } from 'kysely';
import { describeOnEachDatabase, freshAddress } from '../../../test/support/databases.ts';
import type { Actor } from '../../iam/actor.ts';
import { type Database, openDatabase, type Reader } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import { migrations } from '../migrations.ts';
import { QuotaStore } from '../quota-store.ts';
import { certificateStatus, certificateStatuses, type PrivateCertificate } from './certificate.ts';
import { type CertificateSortKey, insertCertificate } from './certificate-store.ts';
import { listCertificates } from './list-certificates.ts';

const nowMs = 1_800_000_000_000;
const actor = { accountId: 'a'.repeat(32) } as Actor;
const quotas = new QuotaStore();
const sortKeys: readonly CertificateSortKey[] = ['create_time', 'common_name', 'issuer_name', 'not_after'];

function row(index: number, changes: Partial<PrivateCertificate> = {}): PrivateCertificate {
  const isRevoked = index % 5 === 0;
  return {
    certificate_id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    account_id: actor.accountId,
    issuer_id: 'issuer',
    issuer_name: `issuer ${index % 3}`,
    gen_mode: 'CSR',
    key_algorithm: 'EC256',
    signature_algorithm: 'SHA256',
    common_name: `device-${(index * 7) % 10}`,
    country: null,
    state: null,
    locality: null,
    organization: null,
    organizational_unit: null,
    freeze_flag: 0,
    serial_number: String(index),
    not_before: 0,
    // Expired and not, exactly now among them: valid through the last millisecond.
    not_after: nowMs + (index % 4) - 1,
    create_time: nowMs - ((index * 11) % 13),
    enterprise_project_id: '0',
    key_id: null,
    certificate_der: new Uint8Array(),
    enc_serial_number: null,
    enc_key_id: null,
    enc_certificate_der: null,
    revoked_at: isRevoked ? nowMs : null,
    revocation_reason: isRevoked ? 'UNSPECIFIED' : null,
    ...changes,
  };
}

const own = Array.from({ length: 40 }, (_, index) => row(index));

async function fill(database: Database): Promise<void> {
  const foreign = row(99, { account_id: 'b'.repeat(32), certificate_id: 'of another account' });
  await database.transaction(async (transaction) => {
    for (const each of [...own, foreign]) {
      await quotas.take(transaction, each.account_id, 'CERTIFICATE');
      await insertCertificate(transaction, each);
    }
  });
}

/** An actor who may see these enterprise projects. */
function portsOf(database: Database, projects: 'all' | readonly string[] = 'all') {
  const identity = { permittedEnterpriseProjects: async () => projects };
  return { database, clock: { nowMs: () => nowMs }, quotas, identity } as never;
}

/** Every combination that the API has of order and filter. */
const listings = [undefined, ...certificateStatuses].flatMap((status) =>
  [undefined, 'device', 'ice-3', 'nobody'].flatMap((name) =>
    sortKeys.flatMap((sortKey) =>
      (['asc', 'desc'] as const).map((sortDirection) => ({ status, name, sortKey, sortDirection })),
    ),
  ),
);

function expected({ status, name, sortKey, sortDirection }: (typeof listings)[number]): string[] {
  const order = (a: PrivateCertificate, b: PrivateCertificate) =>
    compare(a[sortKey], b[sortKey]) || compare(a.certificate_id, b.certificate_id);
  const found = own
    .filter((each) => status === undefined || certificateStatus(each, nowMs) === status)
    .filter((each) => name === undefined || each.common_name.includes(name))
    .sort(order)
    .map((each) => each.certificate_id);
  return sortDirection === 'asc' ? found : found.reverse();
}

function compare<Value extends string | number>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

describeOnEachDatabase('list of certificates', migrations, (open) => {
  test('every order with every filter has the right pages and the right total', async () => {
    const database = await open();
    await fill(database);
    for (const listing of listings) {
      const all = expected(listing);
      for (const [offset, limit] of [
        [0, 1000],
        [0, 3],
        [2, 2],
        [0, 0],
        [1000, 10],
        [all.length, 10],
      ] as const) {
        const page = await listCertificates(portsOf(database), actor, { ...listing, offset, limit });
        const ids = page.certificates.map((each) => each.certificate_id);
        const told = JSON.stringify({ ...listing, offset, limit });
        assert.deepEqual(ids, all.slice(offset, offset + limit), told);
        assert.equal(page.total, all.length, told);
      }
    }
  });

  test('who may see some enterprise projects gets their certificates, and their number', async () => {
    const database = await open();
    await fill(database);
    await database.transaction((transaction) =>
      insertCertificate(transaction, row(41, { enterprise_project_id: 'p', revoked_at: null })),
    );
    const listing = { sortKey: 'create_time', sortDirection: 'asc', offset: 0 } as const;
    for (const [projects, total] of [
      [['p'], 1],
      [['0'], 40],
      [['0', 'p'], 41],
    ] as const)
      for (const limit of [0, 1, 100]) {
        const page = await listCertificates(portsOf(database, projects), actor, { ...listing, limit });
        assert.deepEqual([page.total, page.certificates.length], [total, Math.min(total, limit)]);
      }
  });
});

test('no list and no count reads rows that are not on its page, nor sorts (SQLite)', async () => {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations, log: silentLog });
  try {
    for (const listing of listings)
      for (const query of await queriesOf(database, { ...listing, offset: 10, limit: 10 })) {
        const plan = (await planOf(database, query)).join(' | ');
        const order = plan.includes('COVERING') || plan.includes(`_by_${listing.sortKey} (`);
        assert.ok(order || plan.includes('pca_quotas'), `${JSON.stringify(listing)}: ${plan}`);
        assert.doesNotMatch(plan, /SCAN|TEMP B-TREE/, `${JSON.stringify(listing)}: ${plan}`);
      }
  } finally {
    await database.close();
  }
});

type Listing = Parameters<typeof listCertificates>[2];

async function queriesOf(database: Database, listing: Listing): Promise<CompiledQuery[]> {
  const nodes: RootOperationNode[] = [];
  const recording = database.tables().withPlugin({
    transformQuery({ node }) {
      nodes.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const reader: Reader = { tables: <Tables>() => recording as Kysely<Tables> };
  await listCertificates(portsOf({ ...database, ...reader } as Database), actor, listing);
  const executor = database.tables().getExecutor();
  return nodes.map((node) => executor.compileQuery(node, { queryId: 'explained' }));
}

async function planOf(database: Database, { sql, parameters }: CompiledQuery): Promise<string[]> {
  const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
  const { rows } = await database.tables().executeQuery<{ detail: string }>(explained);
  return rows.map((each) => each.detail);
}
