import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  type BenchUser,
  benchMigrations,
  type Flat,
  openBench,
  openSqliteBench,
  region,
  unknownKeyId,
} from '../kms.fixture.ts';

const bench = await openSqliteBench();

interface AliasPage {
  readonly aliases: readonly Flat[];
  readonly page_info: { readonly next_marker: string; readonly current_count: number };
}

async function createAlias(user: BenchUser, keyId: string, alias: string): Promise<Flat> {
  const answer = await user.send('POST', 'kms/aliases', { key_id: keyId, alias });
  assert.equal(answer.status, 201, answer.message);
  return answer.body;
}

const refusedAlias = async (user: BenchUser, keyId: string, alias: unknown) =>
  (await user.send('POST', 'kms/aliases', { key_id: keyId, alias })).code;
const deleteAliases = (user: BenchUser, keyId: string, aliases: unknown) =>
  user.send('DELETE', 'kms/aliases', { key_id: keyId, aliases });
const associate = (user: BenchUser, alias: string, keyId: string) =>
  user.send('POST', 'kms/alias/associate', { alias, target_key_id: keyId });
const list = async (user: BenchUser, query = '') =>
  (await user.send<AliasPage>('GET', `kms/aliases${query}`)).body;

describe('aliases', () => {
  test('create-alias answers 201 with the alias as it was sent, its URN and times to the second', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const time = new Date(bench.clock.nowMs()).toISOString().replace(/\.\d+Z/, 'Z');
    for (const alias of ['kms-1234', 'alias/terraform']) {
      assert.deepEqual(await createAlias(user, keyId, alias), {
        domain_id: user.accountId,
        key_id: keyId,
        alias,
        alias_urn: `kms:${region}:${user.accountId}:alias:${alias.replace('alias/', '')}`,
        create_time: time,
        update_time: time,
      });
    }
  });

  test('an alias and its URN stand for the key, beside the alias of the key itself', async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_alias: 'own' });
    const { alias_urn: urn } = await createAlias(user, keyId, 'second');
    for (const reference of ['alias/own', 'alias/second', urn]) {
      const encrypted = await user.call('encrypt-data', { key_id: reference, plain_text: 'text' });
      assert.equal(encrypted.key_id, keyId, String(reference));
    }
    assert.equal(await bench.user().refused('describe-key', { key_id: 'alias/second' }), 'KMS.0207');
    assert.equal(await bench.user().refused('describe-key', { key_id: urn }), 'KMS.0207');
  });

  test('unique in the account with or without prefix: KMS.1104; another account may have it', async () => {
    const user = bench.user();
    const [keyId, otherId] = [await user.createKey(), await user.createKey()];
    await createAlias(user, keyId, 'once');
    for (const alias of ['once', 'alias/once'])
      for (const id of [keyId, otherId]) assert.equal(await refusedAlias(user, id, alias), 'KMS.1104');
    const stranger = bench.user();
    await createAlias(stranger, await stranger.createKey(), 'once');
  });

  test('malformed aliases are KMS.1101, and none is made for a default key', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    for (const alias of ['', 'a b', 'ä', 'a'.repeat(256), 'alias/', 'pca/default', 5])
      assert.equal(await refusedAlias(user, keyId, alias), 'KMS.1101', String(alias));
    assert.equal(await refusedAlias(user, keyId, undefined), 'KMS.0204');
    assert.equal(await refusedAlias(user, 'x', 'a'), 'KMS.0205');
    assert.equal(await refusedAlias(user, unknownKeyId, 'a'), 'KMS.0207');
    await bench.keyStore.generate({ accountId: user.accountId, purpose: 'pca' }, 'EC256');
    const { key_details: keys } = await user.call<{ key_details: Flat[] }>('list-keys');
    const ofService = keys.find(({ default_key_flag: flag }) => flag === '1');
    assert.equal(await refusedAlias(user, ofService!.key_id!, 'a'), 'KMS.0211');
  });

  test('aliases are deleted together or not at all; the key stays', async () => {
    const user = bench.user();
    const [keyId, otherId] = [await user.createKey(), await user.createKey()];
    for (const alias of ['a', 'b', 'c']) await createAlias(user, keyId, alias);
    await createAlias(user, otherId, 'd');
    for (const aliases of [['a', 'd'], ['a', 'unknown'], []])
      assert.equal((await deleteAliases(user, keyId, aliases)).code, 'KMS.0308');
    assert.equal((await deleteAliases(user, keyId, ['a b'])).code, 'KMS.1101');
    assert.equal((await deleteAliases(user, unknownKeyId, ['a'])).code, 'KMS.0207');
    assert.equal((await list(user, `?key_id=${keyId}`)).aliases.length, 3);
    const answer = await deleteAliases(user, keyId, ['alias/a', 'b']);
    assert.deepEqual([answer.status, answer.body], [204, undefined]);
    assert.deepEqual(
      (await list(user, `?key_id=${keyId}`)).aliases.map(({ alias }) => alias),
      ['c'],
    );
    assert.equal(await user.refused('describe-key', { key_id: 'alias/a' }), 'KMS.0207');
    await user.call('describe-key', { key_id: keyId });
  });

  test('the list is one object, of the account or of one key, in pages', async () => {
    const user = bench.user();
    const [keyId, otherId] = [await user.createKey(), await user.createKey()];
    for (const alias of ['e', 'a', 'd', 'alias/b']) await createAlias(user, keyId, alias);
    const elsewhere = user.inProject(user.accountId.slice(0, 8) + '0'.repeat(24));
    await createAlias(elsewhere, await elsewhere.createKey(), 'c');
    const all = await list(user);
    assert.deepEqual(
      all.aliases.map(({ alias }) => alias),
      ['a', 'alias/b', 'c', 'd', 'e'],
    );
    assert.deepEqual(all.page_info, { next_marker: '', current_count: 5 });
    const first = await list(user, '?limit=3');
    assert.equal(first.page_info.current_count, 3);
    assert.notEqual(first.page_info.next_marker, '');
    const last = await list(user, `?limit=3&marker=${first.page_info.next_marker}`);
    assert.deepEqual(
      last.aliases.map(({ alias }) => alias),
      ['d', 'e'],
    );
    assert.deepEqual(last.page_info, { next_marker: '', current_count: 2 });
    assert.deepEqual(await list(user, `?key_id=${otherId}`), {
      aliases: [],
      page_info: { next_marker: '', current_count: 0 },
    });
    const refused = async (query: string) => (await user.send('GET', `kms/aliases?${query}`)).code;
    for (const limit of ['0', '101', 'x']) assert.equal(await refused(`limit=${limit}`), 'KMS.1601');
    assert.equal(await refused('marker=a'), 'KMS.1602');
    assert.equal(await refused(`key_id=${unknownKeyId}`), 'KMS.0207');
    assert.equal(await refused('key_id=x'), 'KMS.0205');
  });

  test('an alias is moved to another key of the same usage, and the old key loses it', async () => {
    const user = bench.user();
    const [keyId, otherId] = [await user.createKey(), await user.createKey()];
    const before = await createAlias(user, keyId, 'moving');
    bench.clock.advance(60_000);
    const answer = await associate(user, 'alias/moving', otherId);
    assert.equal(answer.status, 200);
    const time = new Date(bench.clock.nowMs()).toISOString().replace(/\.\d+Z/, 'Z');
    assert.deepEqual(answer.body, { ...before, key_id: otherId, update_time: time });
    const encrypted = await user.call('encrypt-data', { key_id: 'alias/moving', plain_text: 'text' });
    assert.equal(encrypted.key_id, otherId);
    assert.deepEqual((await list(user, `?key_id=${keyId}`)).aliases, []);
    const signer = await user.createKey({ key_spec: 'EC_P256' });
    assert.equal((await associate(user, 'moving', signer)).code, 'KMS.0308');
    assert.equal((await associate(user, 'unknown', keyId)).code, 'KMS.1101');
    assert.equal((await associate(user, 'a b', keyId)).code, 'KMS.1101');
    assert.equal((await associate(user, 'moving', unknownKeyId)).code, 'KMS.0207');
    const stranger = bench.user();
    assert.equal((await associate(stranger, 'moving', await stranger.createKey())).code, 'KMS.1101');
  });

  test('each operation has its permission', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    await createAlias(user, keyId, 'a');
    const refused = (action: string) => user.without(action);
    assert.equal(await refusedAlias(refused('kms:alias:create'), keyId, 'b'), 'KMS.0306');
    assert.equal((await deleteAliases(refused('kms:alias:delete'), keyId, ['a'])).code, 'KMS.0306');
    assert.equal((await associate(refused('kms:alias:associate'), 'a', keyId)).code, 'KMS.0306');
    assert.equal((await refused('kms:alias:list').send('GET', 'kms/aliases')).code, 'KMS.0306');
  });
});

describeOnEachDatabase('aliases', benchMigrations, (open) => {
  test('a key has at most 50, and no name goes to two keys, also when many ask at once', async () => {
    const here = await openBench(await open());
    const user = here.user();
    const [keyId, otherId] = [await user.createKey(), await user.createKey()];
    for (let count = 0; count < 48; count += 1) await createAlias(user, keyId, `a${count}`);
    const codes = await Promise.all([0, 1, 2, 3].map((count) => refusedAlias(user, keyId, `race-${count}`)));
    assert.deepEqual(codes.sort(), ['', '', 'KMS.0308', 'KMS.0308']);
    const same = await Promise.all([keyId, otherId, otherId].map((id) => refusedAlias(user, id, 'a0')));
    assert.deepEqual(same, ['KMS.1104', 'KMS.1104', 'KMS.1104']);
    await createAlias(user, otherId, 'last');
    assert.equal((await associate(user, 'last', keyId)).code, 'KMS.0308');
  });

  test('a key that is destroyed leaves its aliases to others', async () => {
    const here = await openBench(await open());
    const user = here.user();
    const keyId = await user.createKey();
    await createAlias(user, keyId, 'again');
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    here.clock.advance(7 * 86_400_000);
    await here.jobs.runDue();
    await createAlias(user, await user.createKey(), 'again');
  });
});
