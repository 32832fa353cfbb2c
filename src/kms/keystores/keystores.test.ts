import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  type Bench,
  type BenchUser,
  benchMigrations,
  openBench,
  openSqliteBench,
  testNowMs,
} from '../kms.fixture.ts';
import { createTokenInMemory, type TokenInMemory } from '../providers/pkcs11/token.fixture.ts';

interface Keystore {
  readonly keystore_id: string;
  readonly domain_id: string;
  readonly keystore_alias: string;
}
interface OneKeystore {
  readonly keystore: Keystore;
}
interface Keystores {
  readonly total: number;
  readonly keystores: readonly Keystore[];
}

async function createKeystore(user: BenchUser, fields: object = {}): Promise<string> {
  const body = { keystore_alias: 'store', ...fields };
  const answer = await user.send<OneKeystore>('POST', 'keystores', body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.keystore.keystore_id;
}

async function enable(user: BenchUser, keystoreId: string): Promise<void> {
  assert.equal((await user.send('POST', `keystores/${keystoreId}/enable`)).status, 200);
}

const unknownId = '00000000-0000-4000-8000-000000000000';

const bench = await openSqliteBench();

describe('keystores', () => {
  test('a new keystore is disabled, and is shown with its account', async () => {
    const user = bench.user();
    const answer = await user.send<OneKeystore>('POST', 'keystores', { keystore_alias: 'My:store/1_-' });
    const { keystore } = answer.body;
    assert.deepEqual(Object.keys(keystore).sort(), ['domain_id', 'keystore_id']);
    assert.equal(keystore.domain_id, user.accountId);
    const shown = await user.send('GET', `keystores/${keystore.keystore_id}`);
    assert.deepEqual(shown.body.keystore, {
      keystore_id: keystore.keystore_id,
      domain_id: user.accountId,
      keystore_alias: 'My:store/1_-',
      keystore_type: 'DEFAULT',
      cluster_id: '0',
      create_time: String(testNowMs),
    });
    const refused = await user.send('POST', 'kms/create-key', {
      key_alias: 'k',
      keystore_id: keystore.keystore_id,
    });
    assert.equal(refused.code, 'KMS.0340');
  });

  test('the alias is unique in the project and of 1 to 255 of A-Z a-z 0-9 : / _ -', async () => {
    const user = bench.user();
    await createKeystore(user, { keystore_alias: 'a'.repeat(255) });
    for (const alias of ['a'.repeat(255), '', 'a b', 'a'.repeat(256), 'ä'])
      assert.equal((await user.send('POST', 'keystores', { keystore_alias: alias })).code, 'KMS.0308', alias);
    await createKeystore(bench.user(), { keystore_alias: 'a'.repeat(255) });
  });

  test('types are words or their numbers; hardware that there is none of is refused', async () => {
    const user = bench.user();
    await createKeystore(user, { keystore_alias: 'a', keystore_type: 'DEFAULT' });
    await createKeystore(user, { keystore_alias: 'b', keystore_type: '0' });
    const cases: [object, string][] = [
      [{ keystore_type: 'NEW' }, 'KMS.0308'],
      [{ keystore_type: 'DHSM', hsm_cluster_id: 'cluster-1' }, 'KMS.0340'],
      [{ hsm_cluster_id: 'cluster-1' }, 'KMS.0340'],
      [{ keystore_type: 'DHSM' }, 'KMS.0308'],
      [{ keystore_type: '2' }, 'KMS.0340'],
      [{ cluster_id: '1' }, 'KMS.0340'],
    ];
    for (const [fields, code] of cases) {
      const answer = await user.send('POST', 'keystores', { keystore_alias: 'c', ...fields });
      assert.equal(answer.code, code, JSON.stringify(fields));
    }
  });

  test('a list is read by limit and offset until it is empty, and counts all', async () => {
    const user = bench.user();
    for (let count = 0; count < 12; count += 1) {
      bench.clock.advance(1);
      await createKeystore(user, { keystore_alias: `store-${count}` });
    }
    const aliases: string[] = [];
    for (let offset = 0; ; offset += 10) {
      const { body } = await user.send<Keystores>('GET', `keystores?limit=10&offset=${offset}`);
      assert.equal(body.total, 12);
      if (body.keystores.length === 0) break;
      for (const keystore of body.keystores) aliases.push(keystore.keystore_alias);
    }
    assert.deepEqual(
      aliases,
      Array.from({ length: 12 }, (_, index) => `store-${11 - index}`),
    );
    assert.equal((await user.send<Keystores>('GET', 'keystores')).body.keystores.length, 10);
    for (const limit of ['0', 'x', '1001'])
      assert.equal((await user.send('GET', `keystores?limit=${limit}`)).code, 'KMS.1601');
    assert.equal((await user.send('GET', 'keystores?offset=-1')).code, 'KMS.1603');
    assert.deepEqual((await bench.user().send('GET', 'keystores')).body, { total: 0, keystores: [] });
  });

  test('an unknown keystore is 400 KMS.8003, whatever is asked, and so is that of another', async () => {
    const foreign = await createKeystore(bench.user());
    const user = bench.user();
    for (const id of [unknownId, foreign, 'x']) {
      for (const [method, path] of [
        ['GET', `keystores/${id}`],
        ['DELETE', `keystores/${id}`],
        ['POST', `keystores/${id}/enable`],
        ['POST', `keystores/${id}/disable`],
      ] as const) {
        const { status, code } = await user.send(method, path);
        assert.deepEqual([status, code], [400, 'KMS.8003'], path);
      }
    }
  });

  test('it is enabled when disabled and disabled when enabled, and not else', async () => {
    const user = bench.user();
    const id = await createKeystore(user);
    assert.equal((await user.send('POST', `keystores/${id}/disable`)).code, 'KMS.0308');
    const enabled = await user.send('POST', `keystores/${id}/enable`);
    assert.deepEqual(enabled.body, { keystore: { keystore_id: id, keystore_state: '2' } });
    assert.equal((await user.send('POST', `keystores/${id}/enable`)).code, 'KMS.0308');
    const disabled = await user.send('POST', `keystores/${id}/disable`);
    assert.deepEqual(disabled.body, { keystore: { keystore_id: id, keystore_state: '3' } });
  });

  test('keys in a disabled keystore cannot be used, and can again when it is enabled', async () => {
    const user = bench.user();
    const id = await createKeystore(user);
    await enable(user, id);
    const keyId = await user.createKey({ keystore_id: id });
    const plain = { key_id: keyId, plain_text: 'text' };
    const { cipher_text: cipherText } = await user.call('encrypt-data', plain);
    await user.send('POST', `keystores/${id}/disable`);
    assert.equal(await user.refused('encrypt-data', plain), 'KMS.0340');
    assert.equal(await user.refused('decrypt-data', { cipher_text: cipherText }), 'KMS.0340');
    await enable(user, id);
    const decrypted = await user.call('decrypt-data', { cipher_text: cipherText });
    assert.equal(decrypted.plain_text, 'text');
    const described = await user.call<{ key_info: { keystore_id: string } }>('describe-key', {
      key_id: keyId,
    });
    assert.equal(described.key_info.keystore_id, id);
  });

  test('it is deleted when it is disabled and has no keys', async () => {
    const user = bench.user();
    const id = await createKeystore(user);
    await enable(user, id);
    const keyId = await user.createKey({ keystore_id: id });
    assert.equal((await user.send('DELETE', `keystores/${id}`)).code, 'KMS.0308');
    await user.send('POST', `keystores/${id}/disable`);
    assert.equal((await user.send('DELETE', `keystores/${id}`)).code, 'KMS.0308');
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    bench.clock.advance(7 * 86_400_000);
    await bench.jobs.runDue();
    const deleted = await user.send('DELETE', `keystores/${id}`);
    assert.deepEqual([deleted.status, deleted.body], [204, undefined]);
    assert.equal((await user.send('GET', `keystores/${id}`)).code, 'KMS.8003');
  });

  test('each operation has its permission, and each change is recorded', async () => {
    const user = bench.user();
    const id = await createKeystore(user);
    await enable(user, id);
    await user.send('POST', `keystores/${id}/disable`);
    for (const [method, path, action] of [
      ['POST', 'keystores', 'kms:keystore:create'],
      ['GET', 'keystores', 'kms:keystore:list'],
      ['GET', `keystores/${id}`, 'kms:keystore:get'],
      ['POST', `keystores/${id}/enable`, 'kms:keystore:enable'],
      ['POST', `keystores/${id}/disable`, 'kms:keystore:disable'],
      ['DELETE', `keystores/${id}`, 'kms:keystore:delete'],
    ] as const) {
      const body = path === 'keystores' && method === 'POST' ? { keystore_alias: 'other' } : undefined;
      const { status, code } = await user.without(action).send(method, path, body);
      assert.deepEqual([status, code], [403, 'KMS.0306'], action);
    }
    await user.send('DELETE', `keystores/${id}`);
    const actions = (await user.audits())
      .filter(({ resource_id: resource }) => resource === id)
      .map(({ action }) => action);
    assert.deepEqual(actions, [
      'kms:keystore:create',
      'kms:keystore:enable',
      'kms:keystore:disable',
      'kms:keystore:delete',
    ]);
  });
});

describeOnEachDatabase('keystores of an HSM', benchMigrations, (open) => {
  async function start(): Promise<{ bench: Bench; token: TokenInMemory }> {
    const token = createTokenInMemory('cluster-1');
    return { bench: await openBench(await open(), { token }), token };
  }
  const dedicated = { keystore_type: 'DHSM', hsm_cluster_id: 'cluster-1' };

  test('the cluster must be connected and have no keystore yet, also when two ask at once', async () => {
    const { bench } = await start();
    const user = bench.user();
    const unknown = await user.send('POST', 'keystores', {
      keystore_alias: 'a',
      hsm_cluster_id: 'cluster-2',
    });
    assert.equal(unknown.code, 'KMS.0308');
    const certificate = { keystore_alias: 'a', ...dedicated, hsm_ca_cert: 'no certificate' };
    assert.equal((await user.send('POST', 'keystores', certificate)).code, 'KMS.0308');
    const other = bench.user();
    const answers = await Promise.all([
      user.send('POST', 'keystores', { keystore_alias: 'a', ...dedicated }),
      other.send('POST', 'keystores', { keystore_alias: 'a', ...dedicated }),
    ]);
    assert.deepEqual(answers.map(({ code }) => code).sort(), ['', 'KMS.0308']);
    const [winner] = answers[0].code === '' ? [user] : [other];
    const { keystores } = (await winner!.send('GET', 'keystores')).body;
    assert.partialDeepStrictEqual(keystores, [
      { keystore_type: 'DHSM', hsm_cluster_id: 'cluster-1', cluster_id: 'cluster-1' },
    ]);
  });

  test('it is enabled only while the HSM answers', async () => {
    const { bench, token } = await start();
    const user = bench.user();
    const id = await createKeystore(user, dedicated);
    token.setAvailable(false);
    const { status, code } = await user.send('POST', `keystores/${id}/enable`);
    assert.deepEqual([status, code], [503, 'KMS.0104']);
    token.setAvailable(true);
    await enable(user, id);
  });

  test('of creating a key and disabling the keystore at once one wins, and no key is lost in the HSM', async () => {
    const { bench, token } = await start();
    const user = bench.user();
    const id = await createKeystore(user, dedicated);
    for (let round = 0; round < 5; round += 1) {
      await enable(user, id);
      const [created] = await Promise.all([
        user.send('POST', 'kms/create-key', { key_alias: `key-${round}`, keystore_id: id }),
        user.send('POST', `keystores/${id}/disable`),
      ]);
      assert.ok(['', 'KMS.0340'].includes(created.code), created.code);
    }
    const { keys } = await user.call<{ keys: string[] }>('list-keys');
    assert.equal(token.keyNames().length, keys.length);
  });
});
