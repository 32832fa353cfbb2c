import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createJobs, jobsMigrations } from '../../jobs/index.ts';
import {
  type Signer,
  signatureAlgorithmFor,
  signPieces,
  UnsupportedAlgorithmError,
} from '../../pki/index.ts';
import { FixedClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { openMasterKey } from '../at-rest/open-master-key.ts';
import type { KeyOwner } from '../key-store.ts';
import { KeyUnavailable } from '../key-unavailable.ts';
import { migrations } from '../migrations.ts';
import { createKeyStore } from './create-key-store.ts';
import { createTokenInMemory } from './pkcs11/token.fixture.ts';
import { PrivateKeyNotFound } from './software-key-store.ts';

const owner: KeyOwner = { accountId: 'a'.repeat(32), purpose: 'pca' };
const other: KeyOwner = { accountId: 'b'.repeat(32), purpose: 'pca' };
const base64 = Buffer.alloc(32, 7).toString('base64');
const data = Buffer.from('to be signed');
const hourMs = 3_600_000;

async function open(database: Database, token = createTokenInMemory()) {
  const clock = new FixedClock(1_700_000_000_000);
  const base = { database, clock, random: systemRandom, log: silentLog };
  const source = { kind: 'environment', name: 'KEY', base64 } as const;
  const masterKey = await openMasterKey({ ...base, source });
  const jobs = createJobs(base);
  const start = () => createKeyStore({ ...base, masterKey, token, scheduler: jobs });
  const store = start();
  for (const [kind, handler] of Object.entries(store.jobHandlers)) jobs.handle(kind, handler);
  const saved = async () => {
    const key = await store.generate(owner, 'EC256', 'cluster-1');
    await database.transaction((transaction) => store.save(transaction, key));
    return key;
  };
  const destroy = (keyId: string, of = owner) =>
    database.transaction((transaction) => store.destroy(transaction, of, keyId));
  return { clock, jobs, store, start, token, saved, destroy };
}

async function assertSigns(signer: Signer): Promise<void> {
  const signature = await signer.sign(data, signatureAlgorithmFor('EC256'));
  const key = createPublicKey({ key: Buffer.from(signer.publicKeySpki), format: 'der', type: 'spki' });
  assert.ok(verify('sha256', data, key, signature));
  async function* pieces() {
    yield data.subarray(0, 4);
    yield data.subarray(4);
  }
  const inPieces = await signPieces(signer, pieces(), signatureAlgorithmFor('EC256'));
  assert.ok(verify('sha256', data, key, inPieces));
}

describeOnEachDatabase('private keys in a token', { ...migrations, ...jobsMigrations }, (openDatabase) => {
  test('a key signs before it is saved, afterwards and after a restart, always in the token', async () => {
    const { saved, start, store, token } = await open(await openDatabase());
    const key = await saved();
    assert.deepEqual(token.keyNames(), [`pca ${key.keyId}`]);
    for (const signer of [
      key.signer,
      await store.signer(owner, key.keyId),
      await store.signer(owner, key.keyId),
      await start().signer(owner, key.keyId),
    ]) {
      assert.deepEqual(Buffer.from(signer.publicKeySpki), Buffer.from(key.publicKeySpki));
      await assertSigns(signer);
    }
    await assert.rejects(store.signer(other, key.keyId), PrivateKeyNotFound);
    await assert.rejects(store.exportPrivateKey(owner, key.keyId), PrivateKeyNotFound);
  });

  test('a key that was never saved leaves the token within an hour, a saved one stays', async () => {
    const { clock, jobs, saved, store, token } = await open(await openDatabase());
    const kept = await saved();
    await store.generate(owner, 'EC256', 'cluster-1');
    assert.equal(token.keyNames().length, 2);
    clock.advance(hourMs);
    await jobs.runDue();
    assert.deepEqual(token.keyNames(), [`pca ${kept.keyId}`]);
  });

  test('a destroyed key leaves the token after the commit, and if the token is away as soon as it is back', async () => {
    const { clock, destroy, jobs, saved, store, token } = await open(await openDatabase());
    const { keyId } = await saved();
    await store.signer(owner, keyId);
    await assert.rejects(destroy(keyId, other), PrivateKeyNotFound);
    await destroy(keyId);
    assert.deepEqual(token.keyNames(), [`pca ${keyId}`]);
    await assert.rejects(store.signer(owner, keyId), PrivateKeyNotFound);
    token.setAvailable(false);
    await jobs.runDue();
    token.setAvailable(true);
    assert.equal(token.keyNames().length, 1);
    clock.advance(hourMs);
    await jobs.runDue();
    assert.deepEqual(token.keyNames(), []);
  });

  test('a destruction that is not committed did not happen', async () => {
    const database = await openDatabase();
    const { jobs, saved, start, store, token } = await open(database);
    const { keyId } = await saved();
    const undone = database.transaction(async (transaction) => {
      await store.destroy(transaction, owner, keyId);
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    await jobs.runDue();
    assert.equal(token.keyNames().length, 1);
    await assertSigns(await start().signer(owner, keyId));
  });

  test('a token that is away, another cluster and an algorithm that tokens lack are told, and no key is made', async () => {
    const { saved, store, token } = await open(await openDatabase());
    const { signer } = await saved();
    token.setAvailable(false);
    const away = { name: 'KeyUnavailable', message: 'The HSM cluster cluster-1 is not available.' };
    await assert.rejects(store.generate(owner, 'EC256', 'cluster-1'), away);
    await assert.rejects(signer.sign(data, signatureAlgorithmFor('EC256')), away);
    token.setAvailable(true);
    await assert.rejects(store.generate(owner, 'EC256', 'cluster-2'), KeyUnavailable);
    await assert.rejects(store.generate(owner, 'SM2', 'cluster-1'), UnsupportedAlgorithmError);
    assert.equal(token.keyNames().length, 1);
    await token.destroyKey(token.keyNames()[0]!);
    await assert.rejects(signer.sign(data, signatureAlgorithmFor('EC256')), /does not have the key any more/);
  });
});
