import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdentityDouble } from '../../../test/support/identity-double.ts';
import { openSqliteBench } from '../ssl-certificates.fixture.ts';
import { storeCertificate } from '../stored-certificate.fixture.ts';
import { assertRefused, numbered, tagClient } from './tags.fixture.ts';

const bench = await openSqliteBench();
const absentId = 'scs0000000000001';

async function setUp() {
  const account = bench.account();
  const id = await storeCertificate(bench, account.accountId);
  return { account, id, client: tagClient(account) };
}

test('createCertificateTag adds the tag or overwrites the value of an existing key', async () => {
  const { client, id } = await setUp();
  assert.deepEqual((await client.create(id, { key: '部门', value: 'a/b' })).body, { desc: 'success' });
  assert.equal((await client.create(id, { key: 'k', value: 'old' })).status, 200);
  assert.equal((await client.create(id, { key: 'k', value: 'new' })).status, 200);
  assert.deepEqual(await client.tagsOf(id), [
    { key: 'k', value: 'new' },
    { key: '部门', value: 'a/b' },
  ]);
});

test('a value that is left out or null is the empty text', async () => {
  const { client, id } = await setUp();
  assert.equal((await client.create(id, { key: 'a' })).status, 200);
  assert.equal((await client.create(id, { key: 'b', value: null })).status, 200);
  assert.deepEqual(await client.tagsOf(id), [
    { key: 'a', value: '' },
    { key: 'b', value: '' },
  ]);
});

test('listTagsByCertificate: tags is [] when there are none; SCM.0094 for an unknown id', async () => {
  const { client, id } = await setUp();
  assert.deepEqual((await client.list(id)).body, { tags: [] });
  assertRefused(await client.list(absentId), 404, 'SCM.0094');
  assertRefused(await client.list('short'), 400, 'SCM.0008', /resource_id/);
});

test('another account finds nothing of it', async () => {
  const { client, id } = await setUp();
  await client.create(id, { key: 'k', value: 'v' });
  const stranger = tagClient(bench.account());
  assertRefused(await stranger.list(id), 404, 'SCM.0094');
  assertRefused(await stranger.create(id, { key: 'k', value: 'x' }), 404, 'SCM.0094');
  assertRefused(await stranger.batch(id, 'delete', [{ key: 'k', value: 'v' }]), 404, 'SCM.0094');
  assert.deepEqual(await stranger.allTags(), []);
  assert.equal(await stranger.count({ tags: [{ key: 'k', values: [] }] }), 0);
  assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'v' }]);
});

test('batchCreateOrDeleteTags: create and delete answer 200, not 204, with a description', async () => {
  const { client, id } = await setUp();
  const created = await client.batch(id, 'create', numbered(20));
  assert.deepEqual([created.status, created.body], [200, { desc: 'success' }]);
  assert.equal((await client.tagsOf(id)).length, 20);
  const deleted = await client.batch(id, 'delete', numbered(20));
  assert.deepEqual([deleted.status, deleted.body], [200, { desc: 'success' }]);
  assert.deepEqual(await client.tagsOf(id), []);
});

test('deleting a tag that is gone does not fail, and one with another value stays', async () => {
  const { client, id } = await setUp();
  await client.create(id, { key: 'k', value: 'v' });
  for (const gone of [{ key: 'absent', value: 'v' }, { key: 'k', value: 'other' }, { key: 'k' }])
    assert.equal((await client.batch(id, 'delete', [gone])).status, 200);
  assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'v' }]);
});

test('SCM.0304: action is create or delete', async () => {
  const { account, client, id } = await setUp();
  for (const action of ['update', 'CREATE', '', 7, undefined])
    assertRefused(await client.batch(id, action, numbered(1)), 400, 'SCM.0304', /action/);
  assertRefused(
    await account.send('POST', `/v3/scm/${id}/tags/action`, { tags: numbered(1) }),
    400,
    'SCM.0304',
  );
});

test('SCM.0302: a certificate has at most 20 tags; what would be more changes nothing', async () => {
  const { client, id } = await setUp();
  assert.equal((await client.batch(id, 'create', numbered(19))).status, 200);
  assertRefused(await client.batch(id, 'create', numbered(2, 'more')), 400, 'SCM.0302', /20/);
  assert.equal((await client.tagsOf(id)).length, 19);
  assert.equal((await client.create(id, { key: 'last' })).status, 200);
  assertRefused(await client.create(id, { key: 'one more' }), 400, 'SCM.0302', /20/);
  assert.equal((await client.create(id, { key: 'last', value: 'changed' })).status, 200);
});

test('SCM.0305, 0306, 0309, 0310: characters and lengths of keys and values', async () => {
  const { client, id } = await setUp();
  const wrong: [unknown, string, RegExp][] = [
    [{ key: 'k', value: 'a?b' }, 'SCM.0305', /value/],
    [{ key: 'k', value: 7 }, 'SCM.0305', /value/],
    [{ key: 'a/b', value: 'v' }, 'SCM.0306', /key/],
    [{ key: 7 }, 'SCM.0306', /key/],
    [{ value: 'v' }, 'SCM.0306', /key/],
    [{ key: 'k', value: 'v'.repeat(256) }, 'SCM.0309', /255/],
    [{ key: '' }, 'SCM.0310', /128/],
    [{ key: 'k'.repeat(129) }, 'SCM.0310', /128/],
  ];
  for (const [tag, code, text] of wrong) {
    assertRefused(await client.create(id, tag), 400, code, text);
    assertRefused(await client.batch(id, 'create', [{ key: 'right' }, tag]), 400, code, /tags\[1\]/);
    assertRefused(await client.batch(id, 'delete', [tag]), 400, code, /tags\[0\]/);
  }
  assert.deepEqual(await client.tagsOf(id), []);
  const longest = { key: 'k'.repeat(128), value: 'v'.repeat(255) };
  assert.equal((await client.create(id, longest)).status, 200);
  assert.deepEqual(await client.tagsOf(id), [longest]);
});

test('SCM.0313: the list has 1 to 20 tags with different keys', async () => {
  const { client, id } = await setUp();
  const twice = [
    { key: 'k', value: '1' },
    { key: 'k', value: '2' },
  ];
  for (const tags of [undefined, [], numbered(21), twice, 'k', ['k']])
    assertRefused(await client.batch(id, 'create', tags), 400, 'SCM.0313', /tags/);
  assert.deepEqual(await client.tagsOf(id), []);
});

test('SCM.0323: one tag is an object', async () => {
  const { client, id } = await setUp();
  assertRefused(await client.create(id, undefined), 400, 'SCM.0323', /tag/);
  assertRefused(await client.create(id, 'k'), 400, 'SCM.0323', /tag/);
});

test('fixed paths win over the id of a certificate', async () => {
  const { account, client } = await setUp();
  // The one of all tags is no certificate called "tags", and nothing else may stand where resource_instances does.
  assert.deepEqual(await client.allTags(), []);
  assert.equal(await client.count(), 1);
  // There "action" is the id of a certificate, and a certificate takes no POST.
  assert.equal((await account.send('POST', '/v3/scm/certificates/action', { action: 'count' })).status, 405);
  assert.equal(
    (await account.send('POST', '/v3/scm/resource-instances/action', { action: 'count' })).status,
    404,
  );
  // A certificate id in that place has tags only.
  assertRefused(await client.batch(absentId, 'create', numbered(1)), 404, 'SCM.0094');
  assertRefused(await client.batch('resource_instanc', 'create', numbered(1)), 404, 'SCM.0094');
});

test('policies are asked with the tags of the certificate and of the request', async () => {
  const asked: Parameters<typeof createIdentityDouble>[0] = [];
  const own = await openSqliteBench({ identity: createIdentityDouble(asked) });
  const account = own.account();
  const client = tagClient(account);
  const id = await storeCertificate(own, account.accountId);
  const latest = (action: string) => asked?.findLast((one) => one.action === action);
  const resource = `scm:*:${account.accountId}:cert:${id}`;
  await client.create(id, { key: 'stage', value: 'test' });
  assert.deepEqual(latest('scm:cert:createTag'), {
    action: 'scm:cert:createTag',
    resource,
    conditions: {
      'g:EnterpriseProjectId': '0',
      'g:RequestTag/stage': ['test'],
      'g:TagKeys': ['stage'],
    },
  });
  await client.batch(id, 'delete', [{ key: 'other', value: 'x' }]);
  assert.deepEqual(latest('scm:cert:createTag')?.conditions, {
    'g:EnterpriseProjectId': '0',
    'g:ResourceTag/stage': 'test',
    'g:RequestTag/other': ['x'],
    'g:TagKeys': ['other'],
  });
  await client.list(id);
  assert.deepEqual(latest('scm:cert:listTagsByCertificate')?.conditions, {
    'g:EnterpriseProjectId': '0',
    'g:ResourceTag/stage': 'test',
  });
  await client.count({
    tags: [{ key: 'stage', values: ['test'] }],
    not_tags: [
      { key: 'stage', values: ['live'] },
      { key: 'team', values: [] },
    ],
  });
  assert.deepEqual(latest('scm:cert:listCertificatesByTag')?.conditions, {
    'g:EnterpriseProjectId': undefined,
    'g:RequestTag/stage': ['test', 'live'],
    'g:RequestTag/team': [],
    'g:TagKeys': ['stage', 'team'],
  });
});

test('who may not is refused with SCM.1019, and nothing changes (tag-delete-permission)', async () => {
  const { account, client, id } = await setUp();
  const tag = { key: 'k', value: 'v' };
  await client.create(id, tag);
  const denied = (action: string) => tagClient(account.without(`scm:cert:${action}`));
  assertRefused(await denied('createTag').create(id, { key: 'l' }), 403, 'SCM.1019');
  assertRefused(await denied('createTag').batch(id, 'create', [{ key: 'l' }]), 403, 'SCM.1019');
  assertRefused(await denied('createTag').batch(id, 'delete', [tag]), 403, 'SCM.1019');
  assertRefused(await denied('listTagsByCertificate').list(id), 403, 'SCM.1019');
  assertRefused(await denied('listCertificatesByTag').search({ action: 'count' }), 403, 'SCM.1019');
  assertRefused(await account.without('scm:cert:listAllTags').send('GET', '/v3/scm/tags'), 403, 'SCM.1019');
  assert.deepEqual(await client.tagsOf(id), [tag]);
});

test('a change is recorded with its keys, not its values', async () => {
  const { account, client, id } = await setUp();
  await client.batch(id, 'create', [{ key: 'a', value: 'hidden' }, { key: 'b' }]);
  await client.batch(id, 'delete', [{ key: 'b' }]);
  await client.batch(id, 'create', numbered(20));
  const records = await bench.audits(account.accountId);
  assert.deepEqual(
    records.map(({ action, resource_id, detail }) => [action, resource_id, detail]),
    [
      ['scm:cert:createTag', id, 'tags a, b'],
      ['scm:cert:createTag', id, 'tags b'],
    ],
  );
});
