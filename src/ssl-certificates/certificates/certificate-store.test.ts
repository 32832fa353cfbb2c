import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import type { Database } from '../../platform/db/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { type CertificateStatus, certificateStatuses, shownStatus } from '../certificate-status.ts';
import { migrations } from '../index.ts';
import { releaseFreeCertificate, takeFreeCertificates } from './account-usage-store.ts';
import { claimCertificateId, findOrderOfId } from './certificate-id-store.ts';
import {
  changeCertificate,
  findCertificate,
  findSummaries,
  hasSameCertificate,
  insertCertificate,
  type NewSslCertificate,
  removeCertificate,
  type SslCertificate,
} from './certificate-store.ts';
import {
  type CertificateFilter,
  type CertificatePage,
  countByStatus,
  countCertificates,
  listIds,
} from './list-store.ts';
import { blankCertificate } from './new-certificate.ts';

const nowMs = Date.UTC(2024, 2, 15);
const dayMs = 86_400_000;
const accountId = 'a'.repeat(32);

function certificate(given: Partial<NewSslCertificate> = {}): NewSslCertificate {
  return {
    ...blankCertificate,
    account_id: accountId,
    enterprise_project_id: '0',
    name: 'name',
    status: 'UPLOAD',
    domain_count: 1,
    wildcard_count: 0,
    created_at: nowMs,
    updated_at: nowMs,
    not_after: nowMs + dayMs,
    key_id: 'key',
    key_algorithm: 'EC256',
    ...given,
  };
}

const insert = (database: Database, given: Partial<NewSslCertificate> = {}) =>
  database.transaction((transaction) => insertCertificate(transaction, certificate(given)));

async function get(database: Database, id: string): Promise<SslCertificate> {
  const found = await findCertificate(database, accountId, id);
  assert.ok(found);
  return found;
}

const everything: CertificateFilter = {
  accountId,
  nowMs,
  enterpriseProjectIds: 'all',
  onlyDeployable: false,
};
const firstPage: CertificatePage = { sortKey: 'updated_at', sortDirection: 'desc', offset: 0, limit: 50 };

/** Certificates of every kind that filters tell apart. */
const samples: readonly Partial<NewSslCertificate>[] = [
  { status: 'PAID', not_after: 0, key_id: null, name: 'scm-1', domain: '' },
  { status: 'CHECKING_DOMAIN', not_after: 0, key_id: null, domain: 'waiting.example.com' },
  { status: 'ISSUED', not_after: nowMs + 10 * dayMs, domain: 'issued.example.com', sans: 'a.example.com' },
  { status: 'ISSUED', not_after: nowMs + 10 * dayMs, key_id: null, domain: 'own-csr.example.com' },
  { status: 'ISSUED', not_after: nowMs, domain: 'ended.example.com' },
  {
    status: 'UPLOAD',
    not_after: nowMs + 400 * dayMs,
    enterprise_project_id: 'p',
    domain: '100%_sure.example',
  },
  { status: 'UPLOAD', not_after: nowMs + 1, key_algorithm: 'SM2', domain: 'sm.example.cn' },
  { status: 'UPLOAD', not_after: nowMs - dayMs, enterprise_project_id: 'q', name: 'Old-One' },
  { status: 'REVOKED', not_after: nowMs + 5 * dayMs, enterprise_project_id: 'q' },
  { status: 'REVOKING', not_after: nowMs + 5 * dayMs },
];

async function fill(database: Database): Promise<SslCertificate[]> {
  const rows: SslCertificate[] = [];
  for (const [index, sample] of samples.entries()) {
    const id = await insert(database, { ...sample, updated_at: nowMs + ((index * 7) % 10) });
    rows.push(await get(database, id));
  }
  await insert(database, { account_id: 'b'.repeat(32), status: 'ISSUED', domain: 'issued.example.com' });
  return rows;
}

/** What lists are to answer, said plainly. */
function expected(rows: readonly SslCertificate[], filter: CertificateFilter, page: CertificatePage) {
  const { enterpriseProjectIds: projects, expiresWithinMs, content } = filter;
  const found = rows.filter((row) => {
    const status = shownStatus(row, nowMs);
    const isUsable = status === 'ISSUED' || status === 'UPLOAD';
    const isValid = isUsable || status === 'REVOKING';
    return (
      (projects === 'all' || projects.includes(row.enterprise_project_id)) &&
      (filter.status === undefined || status === filter.status) &&
      (!filter.onlyDeployable || (isUsable && row.key_id !== null && row.key_algorithm !== 'SM2')) &&
      (expiresWithinMs === undefined || (isValid && row.not_after <= nowMs + expiresWithinMs)) &&
      (content === undefined ||
        `${row.name}\n${row.domain}\n${row.sans}`.toLowerCase().includes(content.toLowerCase()))
    );
  });
  const keysOf = (row: SslCertificate) =>
    page.sortKey === 'status' ? [shownStatus(row, nowMs), row.not_after] : [row[page.sortKey]];
  const compare = (a: SslCertificate, b: SslCertificate) => {
    const pairs = [...keysOf(a), a.certificate_id].map(
      (key, at) => [key, [...keysOf(b), b.certificate_id][at]!] as const,
    );
    const [left, right] = pairs.find(([one, other]) => one !== other) ?? [0, 0];
    return left < right ? -1 : 1;
  };
  const sorted = found.toSorted(page.sortDirection === 'asc' ? compare : (a, b) => compare(b, a));
  return {
    total: found.length,
    ids: sorted.slice(page.offset, page.offset + page.limit).map(({ certificate_id: id }) => id),
  };
}

describeOnEachDatabase('certificates as they are stored', migrations, (open) => {
  test('ids are the time in milliseconds, or the next that nobody ever had', async () => {
    const database = await open();
    const ids = [
      await insert(database),
      await insert(database),
      await insert(database, { created_at: nowMs + 1 }),
    ];
    assert.deepEqual(ids, ['scs1710460800000', 'scs1710460800001', 'scs1710460800002']);
    const second = await get(database, ids[1]!);
    await database.transaction((transaction) => removeCertificate(transaction, second));
    assert.equal(await insert(database), 'scs1710460800003');
    const many = await Promise.all(Array.from({ length: 20 }, () => insert(database)));
    assert.equal(new Set(many).size, 20);
  });

  test('an id that was claimed for an order is kept for it', async () => {
    const database = await open();
    const claim = { accountId, fromMs: nowMs, orderId: 'CS1' };
    const id = await database.transaction((transaction) => claimCertificateId(transaction, claim));
    assert.notEqual(await insert(database), id);
    assert.equal(await findOrderOfId(database, accountId, id), 'CS1');
    assert.equal(await findOrderOfId(database, 'b'.repeat(32), id), undefined);
    assert.equal(await findOrderOfId(database, accountId, 'scs0000000000000'), undefined);
  });

  test('of two changes to the same row the second is refused, and so is its removal', async () => {
    const database = await open();
    const seen = await get(database, await insert(database));
    const change = (name: string) =>
      database.transaction((transaction) =>
        changeCertificate(transaction, seen, { name, updated_at: nowMs }),
      );
    assert.equal((await change('first')).version, 2);
    const isRefused = (error: unknown) => error instanceof ServiceError && error.code === 'SCM.0010';
    await assert.rejects(change('second'), isRefused);
    await assert.rejects(
      database.transaction((transaction) => removeCertificate(transaction, seen)),
      isRefused,
    );
    assert.equal((await get(database, seen.certificate_id)).name, 'first');
    assert.equal(await countCertificates(database, everything), 1);
  });

  test('lists, their order and their totals are those of the rows, for every filter', async () => {
    const database = await open();
    const rows = await fill(database);
    const filters: Partial<CertificateFilter>[] = [
      {},
      ...certificateStatuses.map((status) => ({ status })),
      { enterpriseProjectIds: ['p'] },
      { enterpriseProjectIds: ['0', 'q'] },
      { enterpriseProjectIds: ['q'], status: 'EXPIRED' },
      { enterpriseProjectIds: [] },
      { onlyDeployable: true },
      { onlyDeployable: true, status: 'ISSUED' },
      { onlyDeployable: true, status: 'EXPIRED' },
      { expiresWithinMs: 10 * dayMs },
      { expiresWithinMs: 1095 * dayMs, status: 'UPLOAD' },
      { content: 'EXAMPLE.com' },
      { content: 'a.example' },
      { content: '%_s' },
      { content: '_' },
      { content: 'old-one' },
      { content: 'example', status: 'ISSUED', onlyDeployable: true },
      { content: 'nothing' },
    ];
    const pages: Partial<CertificatePage>[] = [{}, { sortKey: 'not_after' }, { sortKey: 'status' }];
    for (const given of filters)
      for (const sort of pages)
        for (const sortDirection of ['asc', 'desc'] as const)
          for (const place of [{}, { offset: 2, limit: 3 }, { offset: 50 }]) {
            const filter = { ...everything, ...given };
            const page = { ...firstPage, ...sort, sortDirection, ...place };
            const answer = {
              total: await countCertificates(database, filter),
              ids: await listIds(database, filter, page),
            };
            assert.deepEqual(answer, expected(rows, filter, page), JSON.stringify({ given, page }));
          }
  });

  test('counts follow every change of what is counted', async () => {
    const database = await open();
    const counts = async () => Object.fromEntries(await countByStatus(database, everything));
    const seen = await get(database, await insert(database, { status: 'PAID', not_after: 0, key_id: null }));
    assert.deepEqual(await counts(), { PAID: 1 });
    const issued = await database.transaction((transaction) =>
      changeCertificate(transaction, seen, { status: 'ISSUED', not_after: nowMs + 1, key_id: 'key' }),
    );
    assert.deepEqual(await counts(), { ISSUED: 1 });
    assert.equal(await countCertificates(database, { ...everything, onlyDeployable: true }), 1);
    const later = { ...everything, nowMs: nowMs + 1 };
    assert.deepEqual(Object.fromEntries(await countByStatus(database, later)), { EXPIRED: 1 });
    await database.transaction((transaction) => removeCertificate(transaction, issued));
    assert.deepEqual(await counts(), {});
    assert.deepEqual(await listIds(database, everything, firstPage), []);
  });

  test('counts hold when many change at the same time', async () => {
    const database = await open();
    const ids = await Promise.all(Array.from({ length: 12 }, () => insert(database)));
    const statuses: readonly Exclude<CertificateStatus, 'EXPIRED'>[] = ['PAID', 'ISSUED', 'UPLOAD'];
    const changes = ids.map(async (id, index) => {
      const seen = await get(database, id);
      const status = statuses[index % 3]!;
      return database.transaction((transaction) => changeCertificate(transaction, seen, { status }));
    });
    await Promise.all(changes);
    assert.deepEqual(Object.fromEntries(await countByStatus(database, everything)), {
      PAID: 4,
      ISSUED: 4,
      UPLOAD: 4,
    });
  });

  test('summaries come in the order of the ids, and of the own account only', async () => {
    const database = await open();
    const rows = await fill(database);
    const ids = rows.map(({ certificate_id: id }) => id).reverse();
    const found = await findSummaries(database, accountId, ids);
    assert.deepEqual(
      found.map(({ certificate_id: id }) => id),
      ids,
    );
    assert.deepEqual(await findSummaries(database, 'b'.repeat(32), ids), []);
    assert.deepEqual(await findSummaries(database, accountId, []), []);
  });

  test('the same certificate is found by all of its bytes, in the account', async () => {
    const database = await open();
    const der = Uint8Array.from([1, 2, 3]);
    await insert(database, { fingerprint: 'f', certificate_der: der });
    assert.equal(await hasSameCertificate(database, accountId, { fingerprint: 'f', der }), true);
    const other = { fingerprint: 'f', der: Uint8Array.from([1, 2, 4]) };
    assert.equal(await hasSameCertificate(database, accountId, other), false);
    assert.equal(await hasSameCertificate(database, 'b'.repeat(32), { fingerprint: 'f', der }), false);
  });

  test('free certificates are taken up to the limit, by however many at once', async () => {
    const database = await open();
    const take = (amount: number) =>
      database.transaction((transaction) =>
        takeFreeCertificates(transaction, accountId, { amount, limit: 5 }),
      );
    const taken = await Promise.all(Array.from({ length: 8 }, () => take(1)));
    assert.equal(taken.filter(Boolean).length, 5);
    await database.transaction((transaction) => releaseFreeCertificate(transaction, accountId));
    assert.deepEqual([await take(2), await take(1), await take(1)], [false, true, false]);
  });
});
