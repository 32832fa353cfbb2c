import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  assertDone,
  assertRefused,
  create,
  pendingBody,
  scheduleDeletion,
} from '../authorities/authorities.fixture.ts';
import { openSqliteBench } from '../private-ca.fixture.ts';
import type { PrivateCaTables } from '../tables.ts';
import type { TagTables } from './tag-store.ts';
import { kinds, numbered, tagClient } from './tags.fixture.ts';

const absentId = '00000000-0000-4000-8000-000000000000';
const bench = await openSqliteBench();

async function rowsOf(accountId: string): Promise<number> {
  const rows = await bench.database
    .tables<TagTables>()
    .selectFrom('pca_tags')
    .select('tag_key')
    .where('account_id', '=', accountId)
    .execute();
  return rows.length;
}

for (const kind of kinds) {
  describe(`tags of ${kind.name}`, () => {
    const setUp = async () => {
      const account = bench.account();
      const id = await kind.make(account, 'tagged.example.test');
      return { account, id, client: tagClient(account, kind) };
    };

    test('a batch creates 1 to 20 tags and answers 204 without a body', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createBatch(id, numbered(1, 'a')));
      assertDone(await client.createBatch(id, numbered(19, 'b')));
      assert.equal((await client.tagsOf(id)).length, 20);
      assertRefused(await client.createBatch(id, []), 400, 'PCA.00020001', /tags/);
      assertRefused(await client.createBatch(id, numbered(21)), 400, 'PCA.00020001', /tags/);
      assertRefused(await client.send('POST', `/${id}/tags/create`, {}), 400, 'PCA.00020001', /tags/);
      assertRefused(await client.send('POST', `/${id}/tags/create`), 400, 'PCA.00020001');
    });

    test('a resource has at most 20 tags; what would be more changes nothing', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createBatch(id, numbered(19)));
      assertRefused(await client.createBatch(id, numbered(2, 'more')), 400, 'PCA.00020001', /more than 20/);
      assert.equal((await client.tagsOf(id)).length, 19);
      assertDone(await client.createBatch(id, [...numbered(19), { key: 'last', value: '' }]));
      assertRefused(await client.createOne(id, { key: 'one more' }), 400, 'PCA.00020001', /more than 20/);
    });

    test('of many batches at the same time only as many take effect as fit', async () => {
      const { client, id } = await setUp();
      const answers = await Promise.all(
        ['a', 'b', 'c', 'd'].map((name) => client.createBatch(id, numbered(7, name))),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 204, 400, 400]);
      assert.equal((await client.tagsOf(id)).length, 14);
    });

    test('PCA-D074: a key that exists already gets the new value', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createBatch(id, [{ key: 'k', value: 'old' }]));
      assertDone(await client.createBatch(id, [{ key: 'k', value: 'new' }]));
      assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'new' }]);
      assertDone(await client.createOne(id, { key: 'k', value: 'newer' }));
      assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'newer' }]);
    });

    test('PCA-D122: a value that is left out is the empty string, and is shown', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createBatch(id, [{ key: 'empty' }]));
      assert.deepEqual(await client.tagsOf(id), [{ key: 'empty', value: '' }]);
      assertDone(await client.deleteBatch(id, [{ key: 'empty' }]));
      assert.deepEqual(await client.tagsOf(id), []);
    });

    test('one tag is created as the object tag, with 204 without a body', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createOne(id, { key: '部门', value: 'a/b' }));
      assert.deepEqual(await client.tagsOf(id), [{ key: '部门', value: 'a/b' }]);
      assertRefused(await client.createOne(id, undefined), 400, 'PCA.00020001', /tag is mandatory/);
      assertRefused(await client.createOne(id, { value: 'v' }), 400, 'PCA.00020001', /tag\.key is mandatory/);
      assertRefused(await client.createOne(id, { key: 'a/b' }), 400, 'PCA.00020001', /tag\.key has to be/);
      assertRefused(await client.createOne(id, { key: 'k', value: null }), 400, 'PCA.00020001', /tag\.value/);
    });

    test('keys and values of other characters or lengths change nothing', async () => {
      const { client, id } = await setUp();
      const right = { key: 'right', value: '' };
      for (const wrong of [{ key: '' }, { key: 'a?' }, { key: 'k', value: 'x'.repeat(256) }, { key: 7 }, 'k'])
        assertRefused(
          await client.createBatch(id, [right, wrong]),
          400,
          'PCA.00020001',
          /^Incorrect.*tags\[1\]/,
        );
      assertRefused(await client.createBatch(id, [right, right]), 400, 'PCA.00020001', /twice/);
      assert.deepEqual(await client.tagsOf(id), []);
    });

    test('a batch deletes 1 to 20 tags, with 204 without a body', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createBatch(id, numbered(20)));
      assertDone(await client.deleteBatch(id, numbered(1)));
      assert.equal((await client.tagsOf(id)).length, 19);
      assertDone(await client.deleteBatch(id, numbered(20)));
      assert.deepEqual(await client.tagsOf(id), []);
      assertRefused(await client.deleteBatch(id, []), 400, 'PCA.00020001', /tags/);
      assertRefused(await client.deleteBatch(id, numbered(21)), 400, 'PCA.00020001', /tags/);
      assertRefused(await client.deleteBatch(id, [{ value: 'v' }]), 400, 'PCA.00020001', /tags\[0\]\.key/);
    });

    test('PCA-D075: key and value together are deleted; what is not there is gone already', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createBatch(id, [{ key: 'k', value: 'v' }]));
      assertDone(
        await client.deleteBatch(id, [
          { key: 'k', value: 'other' },
          { key: 'k' },
          { key: 'absent', value: 'v' },
        ]),
      );
      assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'v' }]);
      assertDone(await client.deleteBatch(id, [{ key: 'k', value: 'v' }]));
      assertDone(await client.deleteBatch(id, [{ key: 'k', value: 'v' }]));
      assert.deepEqual(await client.tagsOf(id), []);
    });

    test('the tags of one are listed by key; without tags the list is empty', async () => {
      const { client, id } = await setUp();
      assert.deepEqual(await client.tagsOf(id), []);
      assertDone(
        await client.createBatch(id, [
          { key: 'b', value: '2' },
          { key: 'a', value: '1' },
        ]),
      );
      assert.deepEqual(await client.tagsOf(id), [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ]);
    });

    test('what is not there, or another account has, is not found', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createOne(id, { key: 'k', value: 'v' }));
      const stranger = tagClient(bench.account(), kind);
      for (const [asking, wanted] of [
        [client, absentId],
        [stranger, id],
      ] as const) {
        assertRefused(await asking.send('GET', `/${wanted}/tags`), 404, 'PCA.00030102');
        assertRefused(await asking.createBatch(wanted, numbered(1)), 404, 'PCA.00030102');
        assertRefused(await asking.createOne(wanted, { key: 'k' }), 404, 'PCA.00030102');
        assertRefused(await asking.deleteBatch(wanted, [{ key: 'k', value: 'v' }]), 404, 'PCA.00030102');
      }
      assert.deepEqual(await stranger.allTags(), []);
      assert.equal(await stranger.count(), 0);
      assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'v' }]);
    });

    test('an id that is none is refused as such; one in capitals is the same', async () => {
      const { client, id } = await setUp();
      const code = kind.action === 'ca' ? 'PCA.00020201' : 'PCA.00020301';
      assertRefused(await client.send('GET', '/nonsense/tags'), 400, code);
      assertRefused(await client.createBatch('nonsense', numbered(1)), 400, code);
      assertDone(await client.createOne(id.toUpperCase(), { key: 'k', value: 'v' }));
      assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'v' }]);
    });

    test('a frozen one shows its tags and keeps them', async () => {
      const { client, id } = await setUp();
      assertDone(await client.createOne(id, { key: 'k', value: 'v' }));
      await bench.database.transaction(async (transaction) => {
        const tables = transaction.tables<PrivateCaTables>();
        const frozen = { freeze_flag: 1 };
        if (kind.action === 'ca')
          await tables.updateTable('certificate_authorities').set(frozen).where('ca_id', '=', id).execute();
        else
          await tables
            .updateTable('private_certificates')
            .set(frozen)
            .where('certificate_id', '=', id)
            .execute();
      });
      assertRefused(await client.createOne(id, { key: 'l' }), 403, 'PCA.00030202');
      assertRefused(await client.deleteBatch(id, [{ key: 'k', value: 'v' }]), 403, 'PCA.00030202');
      assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'v' }]);
    });

    test('who may not is refused, and nothing changes', async () => {
      const { account, client, id } = await setUp();
      const action = (verb: string) => `pca:${kind.action}:${verb}`;
      const denied = (verb: string) => tagClient(account.without(action(verb)), kind);
      const tag = { key: 'k', value: 'v' };
      assertRefused(await denied('createTag').createBatch(id, [tag]), 401, 'PCA.00010004');
      assertRefused(await denied('createTag').createOne(id, tag), 401, 'PCA.00010004');
      assertRefused(await denied('listTags').send('GET', `/${id}/tags`), 401, 'PCA.00010004');
      assertRefused(await denied('listAllTags').send('GET', '/tags'), 401, 'PCA.00010004');
      assertRefused(
        await denied('listByTag').send('POST', '/resource-instances/filter', {}),
        401,
        'PCA.00010004',
      );
      assertDone(await client.createOne(id, tag));
      assertRefused(await denied('deleteTag').deleteBatch(id, [tag]), 401, 'PCA.00010004');
      assert.deepEqual(await client.tagsOf(id), [tag]);
    });

    test('a change is recorded with its keys, a refusal of the rules is not', async () => {
      const { account, client, id } = await setUp();
      await client.createBatch(id, [{ key: 'a', value: 'secret' }, { key: 'b' }]);
      await client.deleteBatch(id, [{ key: 'b' }]);
      await client.createBatch(id, numbered(20));
      const records = (await account.audits()).filter(({ resource_id: about }) => about === id).slice(-2);
      assert.deepEqual(
        records.map(({ action, detail }) => `${action}: ${detail}`),
        [`pca:${kind.action}:createTag: tags a, b`, `pca:${kind.action}:deleteTag: tags b`],
      );
    });
  });
}

test('the tags of a certificate go with it', async () => {
  const account = bench.account();
  const kind = kinds[1]!;
  const [gone, kept] = [await kind.make(account, 'gone.test'), await kind.make(account, 'kept.test')];
  const client = tagClient(account, kind);
  for (const id of [gone, kept]) assertDone(await client.createOne(id, { key: 'k', value: id }));
  assertDone(await client.send('DELETE', `/${gone}`));
  assert.deepEqual(await client.allTags(), [{ key: 'k', values: [kept] }]);
  assert.equal(await rowsOf(account.accountId), 1);
});

test('the tags of a CA stay while its deletion can be undone, and go with it', async () => {
  const account = bench.account();
  const kind = kinds[0]!;
  const id = await kind.make(account, 'Deleted CA');
  const client = tagClient(account, kind);
  assertDone(await client.createOne(id, { key: 'k', value: 'v' }));
  await scheduleDeletion(account, id);
  assert.deepEqual(await client.tagsOf(id), [{ key: 'k', value: 'v' }]);
  assert.equal(await client.count({ tags: [{ key: 'k', values: ['v'] }] }), 1);
  bench.clock.advance(7 * 86_400_000 + 1);
  await bench.jobs.runDue();
  assertRefused(await client.send('GET', `/${id}/tags`), 404, 'PCA.00030102');
  assert.deepEqual(await client.allTags(), []);
  assert.equal(await rowsOf(account.accountId), 0);
});

test('the tags of a pending CA go at once', async () => {
  const account = bench.account();
  const id = await create(account, pendingBody);
  const client = tagClient(account, kinds[0]!);
  assertDone(await client.createOne(id, { key: 'k', value: 'v' }));
  assertDone(await client.send('DELETE', `/${id}`));
  assert.equal(await rowsOf(account.accountId), 0);
});
