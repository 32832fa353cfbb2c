import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  type BenchUser,
  benchMigrations,
  type Flat,
  knownEnterpriseProject,
  openBench,
  openSqliteBench,
  unknownKeyId,
} from '../kms.fixture.ts';

interface Tag {
  readonly key: string;
  readonly value: string;
}

const bench = await openSqliteBench();

function addTag(user: BenchUser, keyId: string, tag?: object) {
  return user.send('POST', `kms/${keyId}/tags`, { tag });
}

function batch(user: BenchUser, keyId: string, action: unknown, tags: unknown) {
  return user.send('POST', `kms/${keyId}/tags/action`, { action, tags });
}

async function tagsOf(user: BenchUser, keyId: string): Promise<Tag[]> {
  const { status, body } = await user.send<{ tags: Tag[]; existTagsNum: number }>('GET', `kms/${keyId}/tags`);
  assert.equal(status, 200);
  assert.equal(body.existTagsNum, body.tags.length);
  return body.tags;
}

test('a tag is added, gets another value, is told and removed, without bodies', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  assert.deepEqual(await tagsOf(user, keyId), []);
  const added = await addTag(user, keyId, { key: 'DEV', value: 'DEV1' });
  assert.deepEqual([added.status, added.body], [204, undefined]);
  assert.deepEqual(await tagsOf(user, keyId), [{ key: 'DEV', value: 'DEV1' }]);
  await addTag(user, keyId, { key: 'DEV', value: '' });
  await addTag(user, keyId, { key: 'schlüssel/名', value: 'Wert' });
  assert.deepEqual(await tagsOf(user, keyId), [
    { key: 'DEV', value: '' },
    { key: 'schlüssel/名', value: 'Wert' },
  ]);
  const removed = await user.send('DELETE', `kms/${keyId}/tags/${encodeURIComponent('schlüssel/名')}`);
  assert.deepEqual([removed.status, removed.body], [204, undefined]);
  const again = await user.send('DELETE', `kms/${keyId}/tags/none`);
  assert.deepEqual([again.status, again.code], [404, 'KMS.0416']);
  assert.deepEqual(await tagsOf(user, keyId), [{ key: 'DEV', value: '' }]);
});

test('wrong tags are refused each with its code, alone and in a batch', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const wrong = [
    [{ key: 'x'.repeat(37), value: '' }, 'KMS.0411'],
    [{ key: '', value: '' }, 'KMS.0411'],
    [{ key: 'a', value: 'x'.repeat(44) }, 'KMS.0410'],
    ...['*', '<', '>', '\\', '=', '\u0000', '\u001f'].flatMap(
      (character) =>
        [
          [{ key: `a${character}`, value: '' }, 'KMS.0406'],
          [{ key: 'a', value: character }, 'KMS.0405'],
        ] as const,
    ),
  ] as const;
  for (const [tag, code] of wrong) {
    assert.equal((await addTag(user, keyId, tag)).code, code, JSON.stringify(tag));
    assert.equal((await batch(user, keyId, 'create', [{ key: 'good', value: '' }, tag])).code, code);
  }
  assert.equal((await addTag(user, keyId)).code, 'KMS.0407');
  assert.equal((await addTag(user, keyId, {})).code, 'KMS.0407');
  assert.deepEqual(await tagsOf(user, keyId), []);
  for (const tag of [
    { key: '🔑'.repeat(36), value: '🔑'.repeat(43) },
    { key: 'x', value: '@' },
  ])
    assert.equal((await addTag(user, keyId, tag)).status, 204);
});

test('a batch adds, changes and removes all of it or nothing, as often as it is sent', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const tags = [
    { key: 'key1', value: 'value1' },
    { key: 'key2', value: 'value2' },
  ];
  for (let round = 0; round < 2; round += 1)
    assert.equal((await batch(user, keyId, 'create', tags)).status, 204);
  assert.deepEqual(await tagsOf(user, keyId), tags);
  for (let round = 0; round < 2; round += 1)
    assert.equal((await batch(user, keyId, 'delete', [{ key: 'key1', value: '*' }])).status, 204);
  assert.deepEqual(await tagsOf(user, keyId), tags.slice(1));
  for (const [action, list, code] of [
    ['create', [], 'KMS.0401'],
    ['delete', [], 'KMS.0401'],
    ['change', tags, 'KMS.0404'],
    [7, tags, 'KMS.0404'],
    ['create', [...tags, ...tags], 'KMS.0412'],
    ['create', Array.from({ length: 21 }, (_, index) => ({ key: `k${index}` })), 'KMS.0407'],
    ['create', undefined, 'KMS.0204'],
  ] as const)
    assert.equal((await batch(user, keyId, action, list)).code, code);
});

const keyOperations = [
  ['POST', '/tags', { tag: { key: 'a', value: '' } }, 'kms:cmkTag:create'],
  ['GET', '/tags', undefined, 'kms:cmkTag:list'],
  ['POST', '/tags/action', { action: 'create', tags: [{ key: 'a' }] }, 'kms:cmkTag:batch'],
  ['DELETE', '/tags/a', undefined, 'kms:cmkTag:delete'],
] as const;

for (const [method, path, body, action] of keyOperations)
  test(`${method} {key_id}${path} asks for a key that there is, and for the right`, async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const code = async (who: BenchUser, id: string) =>
      (await who.send(method, `kms/${id}${path}`, body)).code;
    assert.equal(await code(user, 'x'), 'KMS.0205');
    assert.equal(await code(user, unknownKeyId), 'KMS.0207');
    assert.equal(await code(bench.user(), keyId), 'KMS.0207');
    assert.equal(await code(user.without(action), keyId), 'KMS.0306');
  });

test('default keys take no tags', async () => {
  const user = bench.user();
  await bench.keyStore.generate({ accountId: user.accountId, purpose: 'scm' }, 'EC256');
  const { keys } = await user.call<{ keys: string[] }>('list-keys');
  assert.equal((await addTag(user, keys[0]!, { key: 'a', value: '' })).code, 'KMS.0211');
  assert.equal((await batch(user, keys[0]!, 'create', [{ key: 'a' }])).code, 'KMS.0211');
});

test('all tags of the project: each key once with its different values', async () => {
  const user = bench.user();
  const [first, second] = [await user.createKey(), await user.createKey()];
  await addTag(user, first, { key: 'key1', value: 'value2' });
  await addTag(user, second, { key: 'key1', value: 'value1' });
  await addTag(user, first, { key: 'key2', value: 'value1' });
  await addTag(user, second, { key: 'key2', value: 'value1' });
  const { body } = await user.send<object>('GET', 'kms/tags');
  assert.deepEqual(body, {
    tags: [
      { key: 'key1', values: ['value1', 'value2'] },
      { key: 'key2', values: ['value1'] },
    ],
  });
  assert.deepEqual((await bench.user().send<object>('GET', 'kms/tags')).body, { tags: [] });
  assert.equal((await user.without('kms:cmk:getTags').send('GET', 'kms/tags')).code, 'KMS.0306');
});

interface Instances {
  readonly resources: { resource_id: string; resource_detail: Flat; resource_name: string; tags: Tag[] }[];
  readonly total_count: number;
}

const instancesPath = 'kms/resource_instances/action';

describeOnEachDatabase('instances by tags', benchMigrations, (open) => {
  test('every entry must match, one of its values, and the alias in part', async () => {
    const node = await openBench(await open());
    const user = node.user();
    const keys: string[] = [];
    for (const [alias, tags] of [
      ['red-one', [{ key: 'colour', value: 'red' }]],
      [
        'red-two',
        [
          { key: 'colour', value: 'red' },
          { key: 'team', value: 'a' },
        ],
      ],
      [
        'blue_one',
        [
          { key: 'colour', value: 'blue' },
          { key: 'team', value: 'b' },
        ],
      ],
    ] as [string, Tag[]][]) {
      const keyId = await user.createKey({ key_alias: alias });
      await batch(user, keyId, 'create', tags);
      keys.push(keyId);
      node.clock.advance(1);
    }
    const find = async (body: object) => (await user.send<Instances>('POST', instancesPath, body)).body;
    const names = async (body: object) => (await find(body)).resources.map((found) => found.resource_name);
    assert.deepEqual(await names({}), ['blue_one', 'red-two', 'red-one']);
    assert.deepEqual(await names({ tags: [{ key: 'colour', values: ['red'] }] }), ['red-two', 'red-one']);
    assert.deepEqual(await names({ tags: [{ key: 'colour', values: ['red', 'blue'] }, { key: 'team' }] }), [
      'blue_one',
      'red-two',
    ]);
    assert.deepEqual(await names({ tags: [{ key: 'colour', values: ['green'] }] }), []);
    assert.deepEqual(await names({ matches: [{ key: 'resource_name', value: 'one' }] }), [
      'blue_one',
      'red-one',
    ]);
    assert.deepEqual(await names({ matches: [{ key: 'resource_name', value: '_' }] }), ['blue_one']);
    const { resources, total_count: total } = await find({ action: 'filter', limit: '1', offset: 1 });
    assert.deepEqual([resources.length, total], [1, 3]);
    assert.equal(resources[0]?.resource_id, keys[1]);
    assert.equal(resources[0]?.resource_detail.key_alias, 'red-two');
    assert.equal(resources[0]?.resource_detail.key_state, '2');
    assert.deepEqual(resources[0]?.tags, [
      { key: 'colour', value: 'red' },
      { key: 'team', value: 'a' },
    ]);
    assert.deepEqual(await names({ limit: '1000', offset: 3 }), []);
    assert.deepEqual(await find({ action: 'count', tags: [{ key: 'team' }] }), { total_count: 2 });
  });

  test('a key has at most 20 tags, however many are added at once', async () => {
    const node = await openBench(await open());
    const user = node.user();
    const keyId = await user.createKey();
    const added = await Promise.all(
      Array.from({ length: 25 }, (_, index) => addTag(user, keyId, { key: `k${index}`, value: '' })),
    );
    assert.equal(added.filter(({ status }) => status === 204).length, 20);
    for (const { status, code } of added) if (status !== 204) assert.equal(code, 'KMS.0409');
    assert.equal((await tagsOf(user, keyId)).length, 20);
    const { tags } = (await user.send<{ tags: Tag[] }>('GET', `kms/${keyId}/tags`)).body;
    assert.equal((await addTag(user, keyId, { key: tags[0]!.key, value: 'changed' })).status, 204);
    const other = await user.createKey();
    const named = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => ({ key: `b${from + index}`, value: '' }));
    assert.equal((await batch(user, other, 'create', named(0, 19))).status, 204);
    assert.equal((await batch(user, other, 'create', named(18, 21))).code, 'KMS.0409');
    assert.equal((await tagsOf(user, other)).length, 19, 'a batch that is too long adds nothing');
  });
});

test('instances of enterprise projects that the caller may not see are not found', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const hidden = await user.createKey({ enterprise_project_id: knownEnterpriseProject });
  for (const id of [keyId, hidden]) await addTag(user, id, { key: 'stage', value: 'live' });
  const limited = user.without(`kms:cmkTag:listInstance@${knownEnterpriseProject}`);
  for (const search of [{}, { tags: [{ key: 'stage' }] }, { tags: [{ key: 'stage', values: ['live'] }] }]) {
    const found = async (by: BenchUser) =>
      (await by.send<{ resources: Flat[]; total_count: number }>('POST', instancesPath, search)).body;
    assert.equal((await found(user)).total_count, 2);
    const { resources, total_count: total } = await found(limited);
    assert.deepEqual([resources.map(({ resource_id: id }) => id), total], [[keyId], 1]);
    const counted = await limited.send<object>('POST', instancesPath, { ...search, action: 'count' });
    assert.deepEqual(counted.body, { total_count: 1 });
  }
});

test('instances of the wrong word, and wrong searches, are refused', async () => {
  const user = bench.user();
  assert.equal((await user.send('POST', 'kms/resource_instance/action', {})).code, 'KMS.0212');
  const code = async (body: object) => (await user.send('POST', instancesPath, body)).code;
  for (const [body, expected] of [
    [{ action: 'list' }, 'KMS.0404'],
    [{ limit: '0' }, 'KMS.1601'],
    [{ limit: '1001' }, 'KMS.1601'],
    [{ offset: '-1' }, 'KMS.0417'],
    [{ action: 'count', offset: '0' }, 'KMS.0418'],
    [{ action: 'count', limit: '10' }, 'KMS.0418'],
    [{ tags: [{ key: '' }] }, 'KMS.0411'],
    [{ tags: [{ key: 'a', values: ['x'.repeat(44)] }] }, 'KMS.0410'],
    [{ tags: [{ key: 'a', values: Array.from({ length: 11 }, String) }] }, 'KMS.0413'],
    [{ tags: [{ key: 'a' }, { key: 'a' }] }, 'KMS.0414'],
    [{ tags: 'a' }, 'KMS.0414'],
    [{ matches: 'a' }, 'KMS.0415'],
    [{ matches: [{ key: 'name', value: 'a' }] }, 'KMS.0403'],
    [{ matches: [{ key: 'resource_name', value: '' }] }, 'KMS.0402'],
    [{ matches: [{ key: 'resource_name', value: 'x'.repeat(256) }] }, 'KMS.0402'],
    [{ sequence: 'x' }, 'KMS.0206'],
  ] as const)
    assert.equal(await code(body), expected, JSON.stringify(body).slice(0, 80));
  assert.equal(
    (await user.without('kms:cmkTag:listInstance').send('POST', instancesPath, {})).code,
    'KMS.0306',
  );
  assert.deepEqual((await user.send<object>('POST', instancesPath)).body, { resources: [], total_count: 0 });
});
