import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { knownProject } from '../../../test/support/identity-double.ts';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import { type Bench, benchMigrations, openBench } from '../ssl-certificates.fixture.ts';
import { storeCertificate } from '../stored-certificate.fixture.ts';
import { assertRefused, type FoundBody, numbered, type TagBody, tagClient } from './tags.fixture.ts';

describeOnEachDatabase('certificates by tags', benchMigrations, (open) => {
  let bench: Bench;
  let account: InjectedAccount;
  let client: ReturnType<typeof tagClient>;

  beforeEach(async () => {
    bench = await openBench(await open());
    account = bench.account();
    client = tagClient(account);
  });

  async function make(named: Readonly<Record<string, readonly TagBody[]>>): Promise<Record<string, string>> {
    const ids: Record<string, string> = {};
    for (const [name, tags] of Object.entries(named)) {
      const id = await storeCertificate(bench, account.accountId, { name, domain: `domain-${name}.test` });
      if (tags.length > 0) assert.equal((await client.batch(id, 'create', tags)).status, 200);
      ids[name] = id;
    }
    return ids;
  }
  const namesOf = ({ resources }: FoundBody) => resources.map((found) => found.resource_name).sort();
  const red = { key: 'colour', value: 'red' };
  const blue = { key: 'colour', value: 'blue' };
  const test1 = { key: 'stage', value: 'test' };
  const live = { key: 'stage', value: 'live' };
  const has = (key: string, ...values: string[]) => ({ key, values });
  const five = { 'a-x': [red, test1], 'b-x': [blue, test1], 'c-x': [red, live], 'd-x': [red], 'e-x': [] };

  test('only certificates of the enterprise projects that the user may see, however they are searched', async () => {
    await make({ 'a-x': [red], 'b-x': [] });
    for (const name of ['c-x', 'd-x']) {
      const columns = { name, enterprise_project_id: knownProject };
      const id = await storeCertificate(bench, account.accountId, columns);
      if (name === 'c-x') await client.batch(id, 'create', [red]);
    }
    const narrow = tagClient(account.without(`scm:cert:listCertificatesByTag@${knownProject}`));
    const searches: [object, string][] = [
      [{}, 'ab'],
      [{ tags: [has('colour')] }, 'a'],
      [{ tags_any: [has('colour'), has('stage')] }, 'a'],
      [{ not_tags_any: [has('colour')] }, 'b'],
      [{ matches: [{ key: 'resource_name', value: '-x' }] }, 'ab'],
      [{ without_any_tag: true }, 'b'],
    ];
    for (const [search, found] of searches) {
      assert.equal(
        namesOf(await narrow.find(search))
          .map(([first]) => first)
          .join(''),
        found,
      );
      assert.equal(await narrow.count(search), found.length);
    }
  });

  test('each list of tags by its own rule, alone and together', async () => {
    await make(five);
    const expectations: [object, string][] = [
      [{ tags: [has('colour', 'red')] }, 'acd'],
      [{ tags: [has('colour', 'red', 'blue'), has('stage', 'test')] }, 'ab'],
      [{ tags: [has('colour')] }, 'abcd'],
      [{ tags: [{ key: 'colour' }], not_tags_any: [{ key: 'stage' }] }, 'd'],
      [{ tags: [has('colour', 'RED')] }, ''],
      [{ tags_any: [has('colour', 'blue'), has('stage', 'live')] }, 'bc'],
      [{ tags_any: [has('stage'), has('colour', 'red')] }, 'abcd'],
      [{ tags_any: [has('absent')] }, ''],
      [{ not_tags: [has('colour', 'red'), has('stage', 'test')] }, 'bcde'],
      [{ not_tags: [has('colour')] }, 'e'],
      [{ not_tags_any: [has('colour', 'blue'), has('stage', 'live')] }, 'ade'],
      [{ not_tags_any: [has('stage')] }, 'de'],
      [{ tags: [has('colour', 'red')], tags_any: [has('stage', 'test'), has('stage2')] }, 'a'],
      [{ tags: [has('colour', 'red')], not_tags: [has('stage', 'live')] }, 'ad'],
      [{ tags_any: [has('colour')], not_tags_any: [has('stage', 'test')] }, 'cd'],
      [{ tags: [], tags_any: [], not_tags: [], not_tags_any: [], matches: [] }, 'abcde'],
      [{}, 'abcde'],
      [{ without_any_tag: true }, 'e'],
      [{ without_any_tag: false }, 'abcde'],
      [{ without_any_tag: true, tags: [has('colour')], not_tags_any: [has('stage')] }, 'e'],
    ];
    for (const [body, letters] of expectations) {
      const expected = [...letters].map((letter) => `${letter}-x`);
      const found = await client.find(body);
      assert.deepEqual(namesOf(found), expected, JSON.stringify(body));
      assert.equal(found.total_count, expected.length);
      assert.equal(await client.count(body), expected.length);
    }
  });

  test('matches: resource_name is a part of the name in any case, of nothing else; resource_id the id', async () => {
    const ids = await make({ Web_A: [red], 'web-a': [], other: [red] });
    const named = (value: string) => ({ matches: [{ key: 'resource_name', value }] });
    assert.deepEqual(namesOf(await client.find(named('web'))), ['Web_A', 'web-a']);
    assert.deepEqual(namesOf(await client.find(named('B_A'))), ['Web_A']);
    assert.deepEqual(namesOf(await client.find(named('domain'))), []);
    assert.deepEqual(namesOf(await client.find(named(''))), ['Web_A', 'other', 'web-a']);
    assert.deepEqual(namesOf(await client.find({ ...named('web'), tags: [has('colour')] })), ['Web_A']);
    assert.deepEqual(namesOf(await client.find({ ...named('web'), without_any_tag: true })), ['web-a']);
    const byId = { matches: [{ key: 'resource_id', value: ids.other }] };
    assert.deepEqual(namesOf(await client.find(byId)), ['other']);
    assert.equal(await client.count({ ...byId, tags_any: [has('stage')] }), 0);
  });

  test('filter pages with limit and offset, newest first; count knows neither', async () => {
    await make(Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`name-${index}`, [red, test1]])));
    for (const body of [{ tags: [has('colour', 'red')] }, { tags_any: [has('colour'), has('stage')] }, {}]) {
      const first = await client.find(body);
      const second = await client.find({ ...body, offset: 10 });
      const ids = [...first.resources, ...second.resources].map(({ resource_id: id }) => id);
      assert.deepEqual([first.resources.length, second.resources.length], [10, 2]);
      assert.deepEqual(ids, ids.toSorted().reverse());
      assert.deepEqual([first.total_count, second.total_count, await client.count(body)], [12, 12, 12]);
      const beyond = await client.find({ ...body, limit: 50, offset: 12 });
      assert.deepEqual(beyond, { total_count: 12, resources: [] });
      assert.equal((await client.find({ ...body, limit: 50 })).resources.length, 12);
    }
  });

  test('SCM.0303, 0304, 0311, 0312, 0314, 0318, 0319: what a search may not say', async () => {
    const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
    const wrong: [object, string, RegExp][] = [
      [{ matches: [{ key: 'name', value: 'a' }] }, 'SCM.0303', /resource_name/],
      [{ matches: [{ key: 'resource_name' }, { key: 'resource_name' }] }, 'SCM.0303', /twice/],
      [{ matches: [{ value: 'a' }] }, 'SCM.0303', /matches\[0\]\.key/],
      [{ action: 'list' }, 'SCM.0304', /action/],
      [{ tags: numbered(21).map(({ key }) => has(key)) }, 'SCM.0311', /tags/],
      [{ tags_any: [has('k'), has('k')] }, 'SCM.0311', /tags_any names a key twice/],
      [{ not_tags: [has('k', ...values(21))] }, 'SCM.0312', /not_tags\[0\]\.values/],
      [{ not_tags_any: [has('k', 'a', 'a')] }, 'SCM.0312', /twice/],
      [{ tags: [{ key: 'k', values: 'v' }] }, 'SCM.0312', /tags\[0\]\.values/],
      [{ tags: [{ values: [] }] }, 'SCM.0306', /tags\[0\]\.key/],
      [{ tags: [has('k?')] }, 'SCM.0306', /tags\[0\]\.key/],
      [{ tags: [has('k', 'v?')] }, 'SCM.0305', /tags\[0\]\.values\[0\]/],
      [{ tags: [has('')] }, 'SCM.0310', /tags\[0\]\.key/],
      [{ tags: [has('k', 'v'.repeat(256))] }, 'SCM.0309', /255/],
      [{ tags_any: {} }, 'SCM.0313', /tags_any/],
      [{ matches: [{ key: 'resource_id', value: 'short' }] }, 'SCM.0314', /certificate id/],
      [{ limit: 0 }, 'SCM.0318', /limit/],
      [{ limit: 30 }, 'SCM.0318', /limit/],
      [{ limit: '10' }, 'SCM.0318', /limit/],
      [{ offset: -1 }, 'SCM.0319', /offset/],
      [{ offset: 1.5 }, 'SCM.0319', /offset/],
    ];
    for (const [body, code, text] of wrong)
      for (const action of ['filter', 'count'])
        assertRefused(await client.search({ action, ...body }), 400, code, text);
    assertRefused(await account.send('POST', '/v3/scm/resource_instances/action'), 400, 'SCM.0005');
    assertRefused(await client.search({}), 400, 'SCM.0304');
  });

  test('listAllTags groups values by key, more than 20 of them as well', async () => {
    const { 'b-x': id } = await make(five);
    assert.deepEqual(await client.allTags(), [
      { key: 'colour', values: ['blue', 'red'] },
      { key: 'stage', values: ['live', 'test'] },
    ]);
    await client.batch(id!, 'delete', [blue]);
    assert.deepEqual((await client.allTags())[0], { key: 'colour', values: ['red'] });
    await make({ many: numbered(20), 'many-2': numbered(20, 'other') });
    assert.equal((await client.allTags()).length, 42);
  });

  test('of many batches at the same time only as many take effect as fit (SCM.0302)', async () => {
    const { 'e-x': id } = await make(five);
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => client.batch(id!, 'create', numbered(7, name))),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 400, 400]);
    assert.equal((await client.tagsOf(id!)).length, 14);
  });
});
