import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  assertDone,
  assertRefused,
  create,
  issueByCsr,
  rootBody,
} from '../authorities/authorities.fixture.ts';
import { certificateBody } from '../certificates/certificates.fixture.ts';
import {
  type Bench,
  type BenchAccount,
  benchMigrations,
  knownProject,
  openBench,
} from '../private-ca.fixture.ts';
import { type FoundBody, kinds, numbered, type TagBody, tagClient } from './tags.fixture.ts';

describeOnEachDatabase('resources by tags', benchMigrations, (open) => {
  let bench: Bench;
  let account: BenchAccount;
  let client: ReturnType<typeof tagClient>;

  for (const kind of kinds)
    describe(kind.name, () => {
      beforeEach(async () => {
        bench = await openBench(await open());
        account = bench.account();
        client = tagClient(account, kind);
      });

      /** Resources of these names, each with these tags, a second apart. */
      async function make(
        named: Readonly<Record<string, readonly TagBody[]>>,
      ): Promise<Record<string, string>> {
        const ids: Record<string, string> = {};
        for (const [name, tags] of Object.entries(named)) {
          const id = await kind.make(account, name);
          ids[name] = id;
          if (tags.length > 0) assertDone(await client.createBatch(id, tags));
          bench.clock.advance(1_000);
        }
        return ids;
      }
      const namesOf = ({ resources }: FoundBody) => resources.map((found) => found.resource_name).sort();
      const red = { key: 'colour', value: 'red' };
      const blue = { key: 'colour', value: 'blue' };
      const test1 = { key: 'stage', value: 'test' };
      const live = { key: 'stage', value: 'live' };
      const condition = (key: string, ...values: string[]) => ({ key, values });

      test('keys are ANDed, the values of a key ORed; an empty list takes any value', async () => {
        await make({
          'a.x': [red, test1],
          'b.x': [blue, test1],
          'c.x': [red, live],
          'd.x': [red],
          'e.x': [],
        });
        const expectations: [object[], string[]][] = [
          [[condition('colour', 'red')], ['a.x', 'c.x', 'd.x']],
          [[condition('colour', 'red', 'blue')], ['a.x', 'b.x', 'c.x', 'd.x']],
          [[condition('colour')], ['a.x', 'b.x', 'c.x', 'd.x']],
          [[condition('colour', 'red'), condition('stage', 'test')], ['a.x']],
          [
            [condition('colour', 'red', 'blue'), condition('stage', 'test')],
            ['a.x', 'b.x'],
          ],
          [
            [condition('stage'), condition('colour', 'red')],
            ['a.x', 'c.x'],
          ],
          [[condition('colour', 'test')], []],
          [[condition('colour', 'RED')], []],
          [[condition('absent')], []],
          [[condition('colour'), condition('absent')], []],
        ];
        for (const [tags, expected] of expectations) {
          const found = await client.find({ tags });
          assert.deepEqual(namesOf(found), expected, JSON.stringify(tags));
          assert.equal(found.total_count, expected.length);
          assert.equal(await client.count({ tags }), expected.length);
        }
      });

      test('without a condition full data is returned, with an empty list of tags where there are none', async () => {
        const ids = await make({ 'a.x': [red], 'b.x': [] });
        for (const body of [undefined, {}, { tags: [] }, { tags: [], matches: [] }]) {
          const { resources, total_count: total } = await client.find(body);
          const own = resources.filter(({ resource_id: id }) => Object.values(ids).includes(id));
          assert.deepEqual(
            own.map((found) => [found.resource_name, found.tags]),
            [
              ['b.x', []],
              ['a.x', [red]],
            ],
          );
          assert.equal(total, resources.length);
          assert.equal(await client.count(body), total);
        }
      });

      test('a resource is one object with id, name, detail and tags (PCA-D124, PCA-D125)', async () => {
        const ids = await make({ 'a.x': [test1, red] });
        const { resources } = await client.find({ tags: [condition('colour')], limit: 50 });
        assert.equal(resources.length, 1);
        const [found] = resources;
        assert.deepEqual(Object.keys(found!), ['resource_id', 'resource_name', 'resource_detail', 'tags']);
        assert.equal(found!.resource_id, ids['a.x']);
        assert.deepEqual(found!.tags, [red, test1]);
        const details = await client.send<Record<string, unknown>>('GET', `/${ids['a.x']}`);
        assert.deepEqual(found!.resource_detail, details.body);
      });

      test('matches: resource_name is a part of the common name, with and without tags', async () => {
        await make({ 'a_b.x': [red], 'a-b.x': [red], 'other.x': [] });
        const named = (value: string) => ({ matches: [{ key: 'resource_name', value }] });
        assert.deepEqual(namesOf(await client.find(named('a_b'))), ['a_b.x']);
        assert.deepEqual(namesOf(await client.find({ ...named('-b'), tags: [condition('colour')] })), [
          'a-b.x',
        ]);
        assert.deepEqual(namesOf(await client.find({ ...named('other'), tags: [condition('colour')] })), []);
        assert.deepEqual(namesOf(await client.find({ ...named('nobody'), tags: [condition('absent')] })), []);
        assert.equal(await client.count(named('.x')), 3);
        assert.equal(await client.count({ ...named('.x'), tags: [condition('colour', 'red')] }), 2);
      });

      test('limit is 10, 20 or 50, 10 by default; offset skips; total_count is the true number', async () => {
        await make(
          Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`n${index}.x`, [red, test1]])),
        );
        for (const tags of [
          [condition('colour', 'red')],
          [condition('colour')],
          [condition('stage', 'test', 'live')],
        ]) {
          const first = await client.find({ tags });
          const second = await client.find({ tags, offset: 10 });
          const ids = [...first.resources, ...second.resources].map(({ resource_id: id }) => id);
          assert.deepEqual([first.resources.length, second.resources.length, new Set(ids).size], [10, 2, 12]);
          assert.deepEqual([first.total_count, second.total_count], [12, 12]);
          assert.equal((await client.find({ tags, limit: 20 })).resources.length, 12);
          const beyond = await client.find({ tags, limit: 50, offset: 12 });
          assert.deepEqual([beyond.total_count, beyond.resources], [12, []]);
          assert.equal(await client.count({ tags, limit: 10, offset: 5 }), 12);
        }
      });

      test('limits of a search, each broken by one', async () => {
        const filter = '/resource-instances/filter';
        const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
        const wrong: [object, RegExp][] = [
          [{ limit: 0 }, /limit/],
          [{ limit: 30 }, /limit/],
          [{ limit: 100 }, /limit/],
          [{ limit: '10' }, /limit/],
          [{ offset: -1 }, /offset/],
          [{ tags: numbered(21).map(({ key }) => condition(key)) }, /tags/],
          [{ tags: [condition('k', ...values(21))] }, /tags\[0\]\.values/],
          [{ tags: [{ key: 'k' }] }, /tags\[0\]\.values is mandatory/],
          [{ tags: [condition('k'), condition('k')] }, /tags names something twice/],
          [{ tags: [condition('k', 'a', 'a')] }, /tags\[0\]\.values names something twice/],
          [{ tags: [condition('k?')] }, /tags\[0\]\.key/],
          [{ matches: [{ key: 'name', value: 'a' }] }, /matches\[0\]\.key has to be resource_name/],
          [
            {
              matches: [
                { key: 'resource_name', value: 'a' },
                { key: 'resource_name', value: 'b' },
              ],
            },
            /twice/,
          ],
          [{ matches: numbered(21) }, /matches/],
        ];
        for (const [body, text] of wrong) {
          assertRefused(await client.send('POST', filter, body), 400, 'PCA.00020001', text);
          assertRefused(
            await client.send('POST', '/resource-instances/count', body),
            400,
            'PCA.00020001',
            text,
          );
        }
        const most = numbered(20).map(({ key }) => condition(key, ...values(20)));
        assert.deepEqual(await client.find({ tags: most }), { total_count: 0, resources: [] });
      });

      test('each key in use is listed with its values, however many resources have them', async () => {
        assert.deepEqual(await client.allTags(), []);
        const ids = await make({ 'a.x': [red, test1], 'b.x': [blue, { key: 'Colour' }], 'c.x': [red, live] });
        assert.deepEqual(await client.allTags(), [
          { key: 'Colour', values: [''] },
          { key: 'colour', values: ['blue', 'red'] },
          { key: 'stage', values: ['live', 'test'] },
        ]);
        await client.deleteBatch(ids['b.x']!, [blue, { key: 'Colour' }]);
        assert.deepEqual(await client.allTags(), [
          { key: 'colour', values: ['red'] },
          { key: 'stage', values: ['live', 'test'] },
        ]);
      });

      test('PCA-D078: more than 20 keys are all listed', async () => {
        const tags = numbered(25);
        await make({ 'a.x': tags.slice(0, 20), 'b.x': tags.slice(20) });
        assert.equal((await client.allTags()).length, 25);
      });

      test('what is in enterprise projects that the caller may not see is not found', async () => {
        const enterprise_project_id = knownProject;
        await make({ 'a.x': [red], 'b.x': [] });
        const body =
          kind.action === 'ca'
            ? { ...rootBody, enterprise_project_id }
            : { ...certificateBody(await create(account)), enterprise_project_id };
        const answer = await account.send<Record<string, string>>('POST', kind.collection, body);
        const hidden = answer.body[kind.idName]!;
        assertDone(await client.createBatch(hidden, [red]));
        const limited = tagClient(account.without(`pca:${kind.action}:listByTag@${knownProject}`), kind);
        for (const search of [
          {},
          { tags: [condition('colour')] },
          { matches: [{ key: 'resource_name', value: '' }] },
        ]) {
          const idsFor = async (by: typeof client) =>
            (await by.find(search)).resources.map(({ resource_id: id }) => id);
          const all = await idsFor(client);
          assert.ok(all.includes(hidden), JSON.stringify(search));
          assert.deepEqual(
            await idsFor(limited),
            all.filter((id) => id !== hidden),
          );
          assert.equal((await limited.find(search)).total_count, all.length - 1);
        }
      });

      test('counting needs no permission', async () => {
        await make({ 'a.x': [red] });
        const denied = tagClient(account.without(`pca:${kind.action}:listByTag`), kind);
        assert.equal(await denied.count({ tags: [condition('colour')] }), 1);
      });
    });

  test('tags are gone with the certificate, also those that others write meanwhile', async () => {
    bench = await openBench(await open());
    account = bench.account();
    const certificates = tagClient(account, kinds[1]!);
    const id = await kinds[1]!.make(account, 'going.x');
    const [deletion, ...writings] = await Promise.all([
      certificates.send('DELETE', `/${id}`),
      ...['a', 'b', 'c', 'd'].map((name) => certificates.createBatch(id, numbered(2, name))),
    ]);
    assertDone(deletion);
    for (const { status } of writings) assert.ok([204, 404].includes(status), String(status));
    assert.deepEqual(await certificates.allTags(), []);
  });

  test('a CA that no list shows is found by its id only', async () => {
    bench = await openBench(await open());
    account = bench.account();
    const root = await kinds[0]!.make(account, 'Root');
    const external = await issueByCsr(account, root);
    const authorities = tagClient(account, kinds[0]!);
    for (const id of [root, external]) assertDone(await authorities.createOne(id, { key: 'k', value: 'v' }));
    const found = await authorities.find({ tags: [{ key: 'k', values: ['v'] }] });
    assert.deepEqual(
      found.resources.map(({ resource_id: id }) => id),
      [root],
    );
    assert.equal(found.total_count, 1);
    assert.deepEqual(await authorities.tagsOf(external), [{ key: 'k', value: 'v' }]);
  });
});
