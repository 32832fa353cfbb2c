import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  type BenchUser,
  benchMigrations,
  dayMs,
  type Flat,
  openBench,
  openSqliteBench,
  unknownKeyId,
} from '../kms.fixture.ts';

interface RotationStatus {
  readonly key_rotation_enabled: boolean;
  readonly rotation_interval: number;
  readonly last_rotation_time: string;
  readonly number_of_rotations: number;
}

async function statusOf(user: BenchUser, keyId: string): Promise<RotationStatus> {
  return await user.call<RotationStatus>('get-key-rotation-status', { key_id: keyId });
}

const bench = await openSqliteBench();

test('rotation is off at first, on for 365 days, and set to another interval', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const off = {
    key_rotation_enabled: false,
    rotation_interval: 0,
    last_rotation_time: '',
    number_of_rotations: 0,
  };
  assert.deepEqual(await statusOf(user, keyId), off);
  assert.deepEqual(await user.call('enable-key-rotation', { key_id: keyId }), {});
  assert.deepEqual(await statusOf(user, keyId), {
    ...off,
    key_rotation_enabled: true,
    rotation_interval: 365,
  });
  const { key_info: info } = await user.call<{ key_info: Flat }>('describe-key', { key_id: keyId });
  assert.equal(info.key_rotation_enabled, 'true');
  const interval = { key_id: keyId, rotation_interval: 30 };
  assert.deepEqual(await user.call('update-key-rotation-interval', interval), {});
  assert.equal((await statusOf(user, keyId)).rotation_interval, 30);
  assert.deepEqual(await user.call('disable-key-rotation', { key_id: keyId }), {});
  assert.deepEqual(await statusOf(user, keyId), off);
});

test('rotation is not turned on or off twice, nor its interval set while it is off', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  assert.equal(await user.refused('disable-key-rotation', { key_id: keyId }), 'KMS.0313');
  const interval = (days: unknown) =>
    user.refused('update-key-rotation-interval', { key_id: keyId, rotation_interval: days });
  assert.equal(await interval(30), 'KMS.0313');
  await user.call('enable-key-rotation', { key_id: keyId });
  assert.equal(await user.refused('enable-key-rotation', { key_id: keyId }), 'KMS.2901');
  for (const days of [29, 366, 30.5, '30', null])
    assert.equal(await interval(days), 'KMS.3001', String(days));
  assert.equal(await interval(undefined), 'KMS.0204');
  assert.equal(await interval(365), 'not refused: 200');
});

const wrongKeys = [
  [{ origin: 'external' }, 'KMS.0312'],
  [{ key_spec: 'RSA_2048' }, 'KMS.0324'],
  [{ key_spec: 'EC_P256' }, 'KMS.0325'],
  [{ key_spec: 'SM2' }, 'KMS.0325'],
  [{ key_spec: 'ED25519' }, 'KMS.0325'],
  [{ key_spec: 'HMAC_256' }, 'KMS.0341'],
] as const;
const operations = [
  ['enable-key-rotation', 'kms:cmk:enableRotation'],
  ['disable-key-rotation', 'kms:cmk:disableRotation'],
  ['update-key-rotation-interval', 'kms:cmk:updateRotation'],
  ['rotate-on-demand', 'kms:cmk:rotateOnDemand'],
] as const;

for (const [operation, action] of operations)
  test(`${operation} refuses keys that cannot be rotated, and states`, async () => {
    const user = bench.user();
    const refused = (keyId: unknown) => user.refused(operation, { key_id: keyId, rotation_interval: 30 });
    for (const [fields, code] of wrongKeys) assert.equal(await refused(await user.createKey(fields)), code);
    assert.equal(await refused(undefined), 'KMS.0204');
    assert.equal(await refused('x'), 'KMS.0205');
    assert.equal(await refused(unknownKeyId), 'KMS.0207');
    const keyId = await user.createKey();
    const denied = user.without(action);
    assert.equal(await denied.refused(operation, { key_id: keyId, rotation_interval: 30 }), 'KMS.0306');
    await user.call('disable-key', { key_id: keyId });
    assert.equal(await refused(keyId), 'KMS.0209');
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    assert.equal(await refused(keyId), 'KMS.0210');
  });

test('the status is told of every key that could be rotated, in any state, and refused of others', async () => {
  const user = bench.user();
  for (const [fields, code] of wrongKeys) {
    const keyId = await user.createKey(fields);
    assert.equal(await user.refused('get-key-rotation-status', { key_id: keyId }), code);
  }
  const keyId = await user.createKey();
  await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
  assert.equal((await statusOf(user, keyId)).key_rotation_enabled, false);
  const denied = user.without('kms:cmk:getRotation');
  assert.equal(await denied.refused('get-key-rotation-status', { key_id: keyId }), 'KMS.0306');
});

for (const keySpec of ['AES_256', 'SM4'])
  test(`${keySpec}: after a rotation on demand new material encrypts and each older version decrypts its own`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: keySpec, key_alias: `rotated-${keySpec}` });
    const ciphertexts: string[] = [];
    const dataKey = await user.call('create-datakey', { key_id: keyId, datakey_length: '256' });
    for (let round = 0; round < 4; round += 1) {
      const { cipher_text: text } = await user.call('encrypt-data', {
        key_id: keyId,
        plain_text: `text ${round}`,
      });
      ciphertexts.push(text!);
      assert.equal(
        Buffer.from(text!, 'base64').readUInt32LE(Buffer.from(text!, 'base64').length - 36),
        round,
      );
      assert.deepEqual(await user.call('rotate-on-demand', { key_id: keyId }), { key_id: keyId });
    }
    for (const [round, text] of ciphertexts.entries())
      assert.equal((await user.call('decrypt-data', { cipher_text: text })).plain_text, `text ${round}`);
    const opened = await user.call('decrypt-datakey', {
      key_id: keyId,
      cipher_text: dataKey.cipher_text,
      datakey_cipher_length: '32',
    });
    assert.equal(opened.data_key, dataKey.plain_text);
    const status = await statusOf(user, keyId);
    assert.equal(status.number_of_rotations, 4);
    assert.equal(status.last_rotation_time, String(bench.clock.nowMs()));
    const { key_info: info } = await user.call<{ key_info: Flat }>('describe-key', { key_id: keyId });
    assert.equal(info.key_alias, `rotated-${keySpec}`);
  });

describeOnEachDatabase('scheduled rotation', benchMigrations, (open) => {
  test('takes place when it is due, again and again', async () => {
    const node = await openBench(await open());
    const user = node.user();
    const keyId = await user.createKey();
    const before = await user.call('encrypt-data', { key_id: keyId, plain_text: 'before' });
    await user.call('enable-key-rotation', { key_id: keyId });
    await user.call('update-key-rotation-interval', { key_id: keyId, rotation_interval: 30 });
    node.clock.advance(30 * dayMs - 1);
    await node.jobs.runDue();
    assert.equal((await statusOf(user, keyId)).number_of_rotations, 0);
    for (let round = 1; round <= 3; round += 1) {
      node.clock.advance(round === 1 ? 1 : 30 * dayMs);
      await node.jobs.runDue();
      const status = await statusOf(user, keyId);
      assert.equal(status.number_of_rotations, round);
      assert.equal(status.last_rotation_time, String(node.clock.nowMs()));
    }
    assert.equal((await user.call('decrypt-data', { cipher_text: before.cipher_text })).plain_text, 'before');
    await user.call('disable-key-rotation', { key_id: keyId });
    node.clock.advance(31 * dayMs);
    await node.jobs.runDue();
    assert.equal((await statusOf(user, keyId)).number_of_rotations, 3);
  });

  test('a new interval counts from the last rotation, or from turning rotation on', async () => {
    const node = await openBench(await open());
    const user = node.user();
    const keyId = await user.createKey();
    const setInterval = (days: number) =>
      user.call('update-key-rotation-interval', { key_id: keyId, rotation_interval: days });
    const rotationsAfter = async (days: number) => {
      node.clock.advance(days * dayMs);
      await node.jobs.runDue();
      return (await statusOf(user, keyId)).number_of_rotations;
    };
    await user.call('enable-key-rotation', { key_id: keyId });
    assert.equal(await rotationsAfter(20), 0);
    await setInterval(30);
    assert.equal(await rotationsAfter(9), 0);
    assert.equal(await rotationsAfter(1), 1);
    assert.equal(await rotationsAfter(10), 1);
    await setInterval(60);
    assert.equal(await rotationsAfter(49), 1);
    assert.equal(await rotationsAfter(1), 2);
    assert.equal(await rotationsAfter(45), 2);
    await setInterval(40);
    assert.equal(await rotationsAfter(0), 3);
  });

  test('waits while the key is disabled or pending deletion, and follows when it is enabled', async () => {
    const node = await openBench(await open());
    const user = node.user();
    const keyId = await user.createKey();
    await user.call('enable-key-rotation', { key_id: keyId });
    await user.call('disable-key', { key_id: keyId });
    node.clock.advance(366 * dayMs);
    await node.jobs.runDue();
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    await node.jobs.runDue();
    assert.equal((await statusOf(user, keyId)).number_of_rotations, 0);
    assert.equal((await statusOf(user, keyId)).key_rotation_enabled, true);
    await user.call('cancel-key-deletion', { key_id: keyId });
    await user.call('enable-key', { key_id: keyId });
    await node.jobs.runDue();
    assert.equal((await statusOf(user, keyId)).number_of_rotations, 1);
  });

  test('rotations on demand that race each make a version of their own', async () => {
    const database = await open();
    const node = await openBench(database);
    const user = node.user();
    const keyId = await user.createKey();
    await Promise.all(Array.from({ length: 6 }, () => user.call('rotate-on-demand', { key_id: keyId })));
    assert.equal((await statusOf(user, keyId)).number_of_rotations, 6);
    const { cipher_text: text } = await user.call('encrypt-data', { key_id: keyId, plain_text: 'x' });
    const restarted = await node.secondNode();
    assert.equal((await restarted.as(user).call('decrypt-data', { cipher_text: text })).plain_text, 'x');
  });
});
