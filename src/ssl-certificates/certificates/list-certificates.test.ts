import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { knownProject } from '../../../test/support/identity-double.ts';
import { openSqliteBench, testNowMs } from '../ssl-certificates.fixture.ts';
import {
  assertRefused,
  certificatesPath,
  dayMs,
  dns,
  importBody,
  imported,
  make,
  pageOf,
} from './imports.fixture.ts';
import { store } from './stored.fixture.ts';

const bench = await openSqliteBench();
const usual = await make({ names: dns('www.example.com', 'Shop.Example.com') });

const namesOf = (page: Awaited<ReturnType<typeof pageOf>>) => page.certificates.map(({ name }) => name);

/** So many certificates, each a millisecond later than the one before: 0, 1, 2 and so on by name. */
async function seed(accountId: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await store(bench, accountId, { name: String(index), updated_at: testNowMs + index });
}

test('an item says what the reference says of it, and what is not known is null', async () => {
  const account = bench.account();
  const id = await imported(account, importBody(usual));
  const paid = await store(bench, account.accountId, { name: 'paid', updated_at: testNowMs + 1 });
  const { certificates, total_count } = await pageOf(account);
  assert.equal(total_count, 2);
  assert.deepEqual(certificates[1], {
    id,
    name: 'test_cert',
    domain: 'www.example.com',
    sans: 'shop.example.com',
    signature_algorithm: 'SHA256WITHECDSA',
    deploy_support: true,
    type: null,
    brand: null,
    expire_time: '2025-03-15 10:20:30.0',
    domain_type: 'MULTI_DOMAIN',
    validity_period: null,
    status: 'UPLOAD',
    domain_count: 2,
    wildcard_count: 0,
    description: null,
    domain_id: account.accountId,
    enterprise_project_id: '0',
  });
  const { domain, sans, signature_algorithm, expire_time, deploy_support } = certificates[0]!;
  assert.equal(certificates[0]?.id, paid);
  assert.deepEqual(
    [domain, sans, signature_algorithm, expire_time, deploy_support],
    [null, null, null, null, false],
  );
});

describe('pages', () => {
  test('limit is 10 unless it is 20 or 50; offset counts rows; the total is of all pages', async () => {
    const account = bench.account();
    await seed(account.accountId, 53);
    const lengths = [];
    for (const query of [
      '',
      'limit=20',
      'limit=50',
      'offset=50',
      'limit=50&offset=13',
      'offset=53',
      'offset=500',
    ]) {
      const page = await pageOf(account, query);
      assert.equal(page.total_count, 53, query);
      lengths.push(page.certificates.length);
    }
    assert.deepEqual(lengths, [10, 20, 50, 3, 40, 0, 0]);
    const all: string[] = [];
    while (all.length < 53) all.push(...namesOf(await pageOf(account, `offset=${all.length}`)));
    assert.deepEqual(
      all,
      Array.from({ length: 53 }, (_, index) => String(52 - index)),
    );
  });

  test('an empty page is [], never null', async () => {
    assert.deepEqual(await pageOf(bench.account()), { certificates: [], total_count: 0 });
  });

  test('SCM.0005 for a parameter that is none of its values', async () => {
    const wrong = [
      'limit=5',
      'limit=15',
      'limit=51',
      'limit=x',
      'offset=-1',
      'offset=x',
      'sort_dir=UP',
      'sort_key=name',
      'deploy_support=1',
      'owned_by_self=no',
      'expired_days_since=-1',
      'expired_days_since=1096',
      'enterprise_project_id=x',
    ];
    for (const query of wrong) {
      const answer = await bench.account().send('GET', `${certificatesPath}?${query}`);
      assertRefused(answer, 400, 'SCM.0005', new RegExp(query.split('=')[0]!));
    }
  });
});

describe('order', () => {
  test('by the time of the last change, the latest first, unless it is asked for otherwise', async () => {
    const account = bench.account();
    const { accountId } = account;
    await store(bench, accountId, { name: 'old', updated_at: 1, not_after: testNowMs + 3, status: 'ISSUED' });
    await store(bench, accountId, { name: 'new', updated_at: 3, not_after: testNowMs + 1, status: 'UPLOAD' });
    await store(bench, accountId, { name: 'mid', updated_at: 2, not_after: testNowMs - 1, status: 'ISSUED' });
    const orders = [
      ['', ['new', 'mid', 'old']],
      ['sort_key=&sort_dir=', ['new', 'mid', 'old']],
      ['sort_dir=ASC', ['old', 'mid', 'new']],
      ['sort_key=certUpdateTime&sort_dir=DESC', ['new', 'mid', 'old']],
      ['sort_key=certExpiredTime', ['old', 'new', 'mid']],
      ['sort_key=certExpiredTime&sort_dir=ASC', ['mid', 'new', 'old']],
      // EXPIRED, ISSUED, UPLOAD.
      ['sort_key=certStatus&sort_dir=ASC', ['mid', 'old', 'new']],
      ['sort_key=certStatus', ['new', 'old', 'mid']],
    ] as const;
    for (const [query, names] of orders)
      assert.deepEqual(namesOf(await pageOf(account, query)), names, query);
  });
});

describe('filters', () => {
  test('status: ALL is none; EXPIRED is what time has ended; both spellings of CANCLEREVOKING', async () => {
    const account = bench.account();
    const { accountId } = account;
    const later = testNowMs + dayMs;
    await store(bench, accountId, { name: 'good', status: 'ISSUED', not_after: later });
    await store(bench, accountId, { name: 'over', status: 'UPLOAD', not_after: testNowMs - 1 });
    await store(bench, accountId, { name: 'back', status: 'CANCLEREVOKING', not_after: later });
    await store(bench, accountId, { name: 'check', status: 'CHECKING_DOMAIN' });
    const found = async (status: string) => namesOf(await pageOf(account, `status=${status}`)).toSorted();
    for (const all of ['ALL', '']) assert.equal((await found(all)).length, 4);
    assert.deepEqual(await found('ISSUED'), ['good']);
    assert.deepEqual(await found('UPLOAD'), []);
    assert.deepEqual(await found('EXPIRED'), ['over']);
    assert.deepEqual(await found('CHECKING_DOMAIN'), ['check']);
    for (const spelling of ['CANCLEREVOKING', 'CANCELREVOKING']) {
      const page = await pageOf(account, `status=${spelling}`);
      assert.deepEqual(
        page.certificates.map(({ name, status }) => [name, status]),
        [['back', 'CANCLEREVOKING']],
      );
    }
  });

  test('SCM.0072: a status that there is not', async () => {
    for (const status of ['GONE', 'issued'])
      assertRefused(
        await bench.account().send('GET', `${certificatesPath}?status=${status}`),
        400,
        'SCM.0072',
      );
  });

  test('deploy_support true keeps what can be deployed; false is no filter', async () => {
    const account = bench.account();
    const { accountId } = account;
    const good = {
      status: 'ISSUED',
      not_after: testNowMs + dayMs,
      key_id: 'k',
      key_algorithm: 'EC256',
    } as const;
    await store(bench, accountId, { ...good, name: 'good' });
    await store(bench, accountId, { ...good, name: 'own csr', key_id: null });
    await store(bench, accountId, { ...good, name: 'sm', key_algorithm: 'SM2' });
    await store(bench, accountId, { ...good, name: 'over', not_after: testNowMs });
    await store(bench, accountId, { ...good, name: 'revoked', status: 'REVOKED' });
    const page = await pageOf(account, 'deploy_support=true');
    assert.deepEqual([page.total_count, namesOf(page)], [1, ['good']]);
    const all = await pageOf(account, 'deploy_support=false');
    assert.deepEqual(
      all.certificates.filter(({ deploy_support }) => deploy_support).map(({ name }) => name),
      ['good'],
    );
  });

  test('expired_days_since keeps what is valid and ends within so many days; 0 is no filter', async () => {
    const account = bench.account();
    const { accountId } = account;
    for (const days of [-1, 1, 7, 8])
      await store(bench, accountId, {
        name: `${days}`,
        status: 'ISSUED',
        not_after: testNowMs + days * dayMs,
      });
    await store(bench, accountId, { name: 'revoked', status: 'REVOKED', not_after: testNowMs + dayMs });
    await store(bench, accountId, { name: 'paid' });
    const found = async (days: number) =>
      namesOf(await pageOf(account, `expired_days_since=${days}&sort_key=certExpiredTime&sort_dir=ASC`));
    assert.deepEqual(await found(7), ['1', '7']);
    assert.deepEqual(await found(1095), ['1', '7', '8']);
    assert.equal((await found(0)).length, 6);
  });

  test('content is a part of the name or of a domain name, in any case', async () => {
    const account = bench.account();
    const { accountId } = account;
    await store(bench, accountId, {
      name: 'Web-Shop',
      domain: 'www.example.com',
      sans: 'api.example.com;*.x.test',
    });
    await store(bench, accountId, { name: '50%_off', domain: 'other.test' });
    const found = async (content: string) =>
      namesOf(await pageOf(account, `content=${encodeURIComponent(content)}`)).toSorted();
    assert.deepEqual(await found('web-s'), ['Web-Shop']);
    assert.deepEqual(await found('API.EXAMPLE'), ['Web-Shop']);
    assert.deepEqual(await found('*.x.'), ['Web-Shop']);
    assert.deepEqual(await found('.test'), ['50%_off', 'Web-Shop']);
    assert.deepEqual(await found('0%_'), ['50%_off']);
    assert.deepEqual(await found('%'), ['50%_off']);
    assert.deepEqual(await found('nothing'), []);
    assert.equal((await found('')).length, 2);
  });

  test('owned_by_self: nothing is shared, so false shows the own as well', async () => {
    const account = bench.account();
    await store(bench, account.accountId, { name: 'own' });
    for (const value of ['true', 'false'])
      assert.deepEqual(namesOf(await pageOf(account, `owned_by_self=${value}`)), ['own']);
  });
});

describe('enterprise projects', () => {
  const account = bench.account();
  const listing = 'scm:cert:list';

  test('all and nothing are those that the caller may see; one that is named has to be allowed', async () => {
    await store(bench, account.accountId, { name: 'default' });
    await store(bench, account.accountId, { name: 'there', enterprise_project_id: knownProject });
    const seen = async (caller: typeof account, project: string) =>
      namesOf(await pageOf(caller, `enterprise_project_id=${project}`)).toSorted();
    for (const all of ['', 'all']) assert.deepEqual(await seen(account, all), ['default', 'there']);
    assert.deepEqual(await seen(account, '0'), ['default']);
    assert.deepEqual(await seen(account, knownProject), ['there']);
    const part = account.without(`${listing}@0`);
    for (const all of ['', 'all']) assert.deepEqual(await seen(part, all), ['there']);
    assert.deepEqual(await seen(part, knownProject), ['there']);
    const named = await part.send('GET', `${certificatesPath}?enterprise_project_id=0`);
    assertRefused(named, 403, 'SCM.1019');
    assert.equal((await pageOf(part)).total_count, 1);
  });

  test('who may see none is refused', async () => {
    const answer = await account.without(listing).send('GET', certificatesPath);
    assertRefused(answer, 403, 'SCM.1019');
  });
});
