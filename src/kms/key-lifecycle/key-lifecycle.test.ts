import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BenchUser,
  dayMs,
  type Flat,
  knownEnterpriseProject,
  openSqliteBench,
  testNowMs,
  unknownEnterpriseProject,
  unknownKeyId,
} from '../kms.fixture.ts';
import type { KmsTables } from '../tables.ts';

const bench = await openSqliteBench();

async function describe(user: BenchUser, keyId: string): Promise<Flat> {
  return (await user.call<{ key_info: Flat }>('describe-key', { key_id: keyId })).key_info;
}

async function stateOf(user: BenchUser, keyId: string): Promise<string | undefined> {
  return (await describe(user, keyId)).key_state;
}

test('create-key answers 200 with the id and the account, and the key is enabled at once', async () => {
  const user = bench.user();
  const answer = await user.send<{ key_info: Flat }>('POST', 'kms/create-key', { key_alias: 'test' });
  assert.equal(answer.status, 200);
  const { key_id: keyId, domain_id: domainId } = answer.body.key_info;
  assert.match(keyId!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  assert.equal(domainId, user.accountId);
  assert.deepEqual(await describe(user, keyId!), {
    key_id: keyId,
    domain_id: user.accountId,
    key_alias: 'test',
    realm: 'cn-north-4',
    key_spec: 'AES_256',
    key_usage: 'ENCRYPT_DECRYPT',
    key_description: '',
    creation_date: String(testNowMs),
    scheduled_deletion_date: '',
    key_state: '2',
    default_key_flag: '0',
    key_type: '1',
    expiration_time: '',
    origin: 'kms',
    key_rotation_enabled: 'false',
    sys_enterprise_project_id: '0',
    keystore_id: '0',
  });
});

const defaultUsages = [
  ['AES_256', 'ENCRYPT_DECRYPT'],
  ['SM4', 'ENCRYPT_DECRYPT'],
  ['RSA_2048', 'SIGN_VERIFY'],
  ['RSA_3072', 'SIGN_VERIFY'],
  ['EC_P256', 'SIGN_VERIFY'],
  ['EC_P384', 'SIGN_VERIFY'],
  ['SECP256K1', 'SIGN_VERIFY'],
  ['SM2', 'SIGN_VERIFY'],
  ['ED25519', 'SIGN_VERIFY'],
  ['ML-DSA-65', 'SIGN_VERIFY'],
  ['HMAC_256', 'GENERATE_VERIFY_MAC'],
  ['HMAC_384', 'GENERATE_VERIFY_MAC'],
  ['HMAC_512', 'GENERATE_VERIFY_MAC'],
  ['HMAC_SM3', 'GENERATE_VERIFY_MAC'],
] as const;

for (const [keySpec, usage] of defaultUsages)
  test(`a ${keySpec} key has the usage ${usage} if none is asked for`, async () => {
    const user = bench.user();
    const key = await describe(user, await user.createKey({ key_spec: keySpec }));
    assert.equal(key.key_usage, usage);
    assert.equal(key.key_spec, keySpec);
  });

const pairs = [
  ['RSA_2048', 'ENCRYPT_DECRYPT', true],
  ['SM2', 'ENCRYPT_DECRYPT', true],
  ['SM2', 'KEY_AGREEMENT', true],
  ['EC_P256', 'KEY_AGREEMENT', true],
  ['EC_P384', 'KEY_AGREEMENT', true],
  ['SECP256K1', 'KEY_AGREEMENT', true],
  ['AES_256', 'SIGN_VERIFY', false],
  ['SM4', 'SIGN_VERIFY', false],
  ['EC_P256', 'ENCRYPT_DECRYPT', false],
  ['HMAC_256', 'ENCRYPT_DECRYPT', false],
  ['RSA_2048', 'KEY_AGREEMENT', false],
  ['RSA_2048', 'GENERATE_VERIFY_MAC', false],
] as const;

for (const [keySpec, keyUsage, allowed] of pairs)
  test(`${keySpec} with ${keyUsage} is ${allowed ? 'allowed' : 'refused'}`, async () => {
    const user = bench.user();
    const fields = { key_spec: keySpec, key_usage: keyUsage };
    if (allowed) assert.equal((await describe(user, await user.createKey(fields))).key_usage, keyUsage);
    else assert.equal(await user.refused('create-key', { key_alias: 'a', ...fields }), 'KMS.0308');
  });

test('fields of create-key are refused each with its code', async () => {
  const user = bench.user();
  const refused = (fields: object) => user.refused('create-key', { key_alias: 'a', ...fields });
  assert.equal(await user.refused('create-key', {}), 'KMS.0204');
  for (const alias of ['', 'ä', 'a b', 'x'.repeat(256), 'my/default', 7])
    assert.equal(await refused({ key_alias: alias }), 'KMS.1101', String(alias));
  assert.equal(await refused({ key_description: 'x'.repeat(256) }), 'KMS.1103');
  assert.equal(await refused({ key_spec: 'AES_512' }), 'KMS.1110');
  assert.equal(await refused({ sequence: 'short' }), 'KMS.0206');
  assert.equal(await refused({ origin: 'elsewhere' }), 'KMS.0308');
  assert.equal(await refused({ enterprise_project_id: unknownEnterpriseProject }), 'KMS.0308');
  assert.equal(await refused({ keystore_id: unknownKeyId }), 'KMS.0308');
  assert.equal(await refused({ keystore_id: unknownKeyId, origin: 'external' }), 'KMS.0339');
  assert.equal(await refused({ key_spec: 'HMAC_256', origin: 'external' }), 'KMS.0341');
  assert.equal(await refused({ key_spec: 'ML-DSA-44', origin: 'external' }), 'KMS.0308');
});

test('every character that an alias may have is taken, and what is not known is ignored', async () => {
  const user = bench.user();
  const keyAlias = 'aZ09:/_-';
  const fields = { key_alias: keyAlias, enterprise_project_id: knownEnterpriseProject, vm_id: 'x', what: 1 };
  const key = await describe(user, await user.createKey(fields));
  assert.equal(key.key_alias, keyAlias);
  assert.equal(key.sys_enterprise_project_id, knownEnterpriseProject);
});

test('an alias is used once in an account and can be used again in another', async () => {
  const user = bench.user();
  await user.createKey({ key_alias: 'once' });
  assert.equal(await user.refused('create-key', { key_alias: 'once' }), 'KMS.1104');
  await bench.user().createKey({ key_alias: 'once' });
});

test('an external key waits for import', async () => {
  const user = bench.user();
  const key = await describe(user, await user.createKey({ origin: 'external' }));
  assert.equal(key.key_state, '5');
  assert.equal(key.origin, 'external');
});

test('a key is disabled and enabled, and neither twice', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const operate = { key_id: keyId };
  assert.equal(await user.refused('enable-key', operate), 'KMS.1201');
  const disabled = await user.call('disable-key', operate);
  assert.deepEqual(disabled, { key_info: { key_id: keyId, key_state: '3' } });
  assert.equal(await user.refused('disable-key', operate), 'KMS.1301');
  assert.equal(await user.refused('encrypt-data', { ...operate, plain_text: 'x' }), 'KMS.0209');
  const enabled = await user.call('enable-key', operate);
  assert.deepEqual(enabled, { key_info: { key_id: keyId, key_state: '2' } });
  await user.call('encrypt-data', { ...operate, plain_text: 'x' });
});

test('states that an operation does not work in are refused with its code', async () => {
  const user = bench.user();
  const waiting = { key_id: await user.createKey({ origin: 'external' }) };
  assert.equal(await user.refused('enable-key', waiting), 'KMS.1201');
  assert.equal(await user.refused('disable-key', waiting), 'KMS.1301');
  assert.equal(await user.refused('encrypt-data', { ...waiting, plain_text: 'x' }), 'KMS.1301');
  assert.equal(await user.refused('cancel-key-deletion', waiting), 'KMS.1501');
  const pending = { key_id: await user.createKey() };
  await user.call('schedule-key-deletion', { ...pending, pending_days: '7' });
  assert.equal(await user.refused('enable-key', pending), 'KMS.1201');
  assert.equal(await user.refused('disable-key', pending), 'KMS.1301');
  assert.equal(await user.refused('encrypt-data', { ...pending, plain_text: 'x' }), 'KMS.0210');
  assert.equal(await user.refused('update-key-alias', { ...pending, key_alias: 'x' }), 'KMS.0210');
  assert.equal(
    await user.refused('update-key-description', { ...pending, key_description: 'x' }),
    'KMS.0210',
  );
  assert.equal(await user.refused('schedule-key-deletion', { ...pending, pending_days: '8' }), 'KMS.1402');
});

test('a scheduled deletion is answered by the key and state 4, and describe-key shows its day', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const answer = await user.send('POST', 'kms/schedule-key-deletion', { key_id: keyId, pending_days: '7' });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { key_id: keyId, key_state: '4' });
  const { scheduled_deletion_date: day } = await describe(user, keyId);
  assert.equal(day, String(bench.clock.nowMs() + 7 * dayMs));
});

test('pending_days is 7 to 1096, as text or number', async () => {
  const user = bench.user();
  const schedule = async (pendingDays: unknown) =>
    user.refused('schedule-key-deletion', { key_id: await user.createKey(), pending_days: pendingDays });
  for (const days of ['6', '1097', '', '7.5', ' 7', '-7', '0x10', 'seven', '10000', 6, 7.5, true, null])
    assert.equal(await schedule(days), 'KMS.1401', String(days));
  for (const days of ['7', '1096', '30', 7, 1096])
    assert.equal(await schedule(days), 'not refused: 200', String(days));
  const keyId = await user.createKey();
  assert.equal(await user.refused('schedule-key-deletion', { key_id: keyId }), 'KMS.0204');
});

test('a cancelled deletion gives the key back disabled, or waiting for import', async () => {
  const user = bench.user();
  for (const [fields, state] of [
    [{}, '3'],
    [{ origin: 'external' }, '5'],
  ] as const) {
    const keyId = await user.createKey(fields);
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    assert.deepEqual(await user.call('cancel-key-deletion', { key_id: keyId }), {
      key_id: keyId,
      key_state: state,
    });
    assert.equal((await describe(user, keyId)).scheduled_deletion_date, '');
    assert.equal(await user.refused('cancel-key-deletion', { key_id: keyId }), 'KMS.1501');
    bench.clock.advance(8 * dayMs);
    await bench.jobs.runDue();
    assert.equal(await stateOf(user, keyId), state);
  }
});

test('alias and description are changed and told', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ key_description: 'first' });
  const other = await user.createKey({ key_alias: 'taken' });
  assert.deepEqual(await user.call('update-key-alias', { key_id: keyId, key_alias: 'new' }), {
    key_info: { key_id: keyId, key_alias: 'new' },
  });
  assert.deepEqual(await user.call('update-key-description', { key_id: keyId, key_description: '' }), {
    key_info: { key_id: keyId, key_description: '' },
  });
  const { key_alias: alias, key_description: description } = await describe(user, keyId);
  assert.deepEqual([alias, description], ['new', '']);
  const rename = (keyAlias: string) =>
    user.refused('update-key-alias', { key_id: keyId, key_alias: keyAlias });
  assert.equal(await rename('taken'), 'KMS.1104');
  assert.equal(await rename('x/default'), 'KMS.1101');
  assert.equal(await rename('a b'), 'KMS.1101');
  assert.equal(await rename('new'), 'not refused: 200');
  const text = 'x'.repeat(256);
  assert.equal(
    await user.refused('update-key-description', { key_id: other, key_description: text }),
    'KMS.1103',
  );
  for (const operation of ['update-key-alias', 'update-key-description'])
    assert.equal(await user.refused(operation, { key_id: keyId }), 'KMS.0204');
});

const operations = [
  ['enable-key', {}],
  ['disable-key', {}],
  ['schedule-key-deletion', { pending_days: '7' }],
  ['cancel-key-deletion', {}],
  ['update-key-alias', { key_alias: 'x' }],
  ['update-key-description', { key_description: 'x' }],
] as const;

for (const [operation, fields] of operations)
  test(`${operation} asks for a key that there is, in this account and project, and for the right`, async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    assert.equal(await user.refused(operation, fields), 'KMS.0204');
    assert.equal(await user.refused(operation, { ...fields, key_id: 'x' }), 'KMS.0205');
    assert.equal(await user.refused(operation, { ...fields, key_id: keyId, sequence: 'x' }), 'KMS.0206');
    const stranger = bench.user();
    const elsewhere = user.inProject(`${user.accountId.slice(0, 8)}${'0'.repeat(24)}`);
    for (const [other, id] of [
      [user, unknownKeyId],
      [stranger, keyId],
      [elsewhere, keyId],
    ] as const) {
      const answer = await other.send('POST', `kms/${operation}`, { ...fields, key_id: id });
      assert.deepEqual([answer.status, answer.code], [404, 'KMS.0207']);
    }
    const denied = user.without('kms:cmk:enable', 'kms:cmk:disable', 'kms:cmk:update');
    const answer = await denied.send('POST', `kms/${operation}`, { ...fields, key_id: keyId });
    assert.deepEqual([answer.status, answer.code], [403, 'KMS.0306']);
    assert.equal(await stateOf(user, keyId), '2');
  });

test('default keys cannot be changed, and are seen in each project of the account', async () => {
  const user = bench.user();
  const made = await bench.keyStore.generate({ accountId: user.accountId, purpose: 'pca' }, 'EC256');
  await bench.database.transaction((transaction) => bench.keyStore.save(transaction, made));
  const { key_details: details } = await user.call<{ key_details: Flat[] }>('list-keys');
  const key = details.find(({ key_alias: alias }) => alias === 'pca/default');
  assert.equal(key?.default_key_flag, '1');
  for (const [operation, fields] of operations)
    assert.equal(await user.refused(operation, { key_id: key?.key_id, ...fields }), 'KMS.0211', operation);
  const elsewhere = user.inProject(`${user.accountId.slice(0, 8)}${'1'.repeat(24)}`);
  assert.equal(await stateOf(elsewhere, key!.key_id!), '2');
  const { cipher_text: ciphertext } = await user.call('encrypt-data', {
    key_id: key?.key_id,
    plain_text: 'x',
  });
  assert.equal((await elsewhere.call('decrypt-data', { cipher_text: ciphertext })).plain_text, 'x');
});

test('a frozen key is told by its code, and can only be deleted', async () => {
  const user = bench.user();
  const freeze = async (fields: object) => {
    const keyId = await user.createKey(fields);
    await bench.database.transaction(async (transaction) => {
      const frozen = transaction.tables<KmsTables>().updateTable('kms_keys').set({ key_state: '7' });
      await frozen.where('key_id', '=', keyId).execute();
    });
    bench.clock.advance(1001);
    return { key_id: keyId };
  };
  const key = await freeze({});
  assert.equal(await stateOf(user, key.key_id), '7');
  for (const [operation, fields] of [
    ['enable-key', {}],
    ['disable-key', {}],
    ['update-key-alias', { key_alias: 'frozen' }],
    ['update-key-description', { key_description: 'x' }],
    ['encrypt-data', { plain_text: 'x' }],
    ['create-datakey', {}],
    ['create-grant', { grantee_principal: 'a', operations: ['describe-key'] }],
    ['enable-key-rotation', {}],
    ['rotate-on-demand', {}],
  ] as const)
    assert.equal(await user.refused(operation, { ...key, ...fields }), 'KMS.0320', operation);
  assert.equal((await user.send('POST', 'kms/aliases', { ...key, alias: 'frozen' })).code, 'KMS.0320');
  assert.equal(await user.refused('cancel-key-deletion', key), 'KMS.1501');
  const signer = await freeze({ key_spec: 'EC_P256' });
  assert.equal(await user.refused('get-publickey', signer), 'KMS.0320');
  const message = Buffer.alloc(32).toString('base64');
  const signing = { ...signer, message, signing_algorithm: 'ECDSA_SHA_256' };
  assert.equal(await user.refused('sign', signing), 'KMS.0320');
  const external = await freeze({ origin: 'external' });
  const parameters = { ...external, wrapping_algorithm: 'RSAES_OAEP_SHA_256' };
  assert.equal(await user.refused('get-parameters-for-import', parameters), 'KMS.0320');
  assert.equal(await user.refused('delete-imported-key-material', external), 'KMS.0320');
  assert.equal((await user.call('schedule-key-deletion', { ...key, pending_days: '7' })).key_state, '4');
});

test('every change is in the audit trail', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  await user.call('disable-key', { key_id: keyId });
  await user.call('enable-key', { key_id: keyId });
  await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
  const audits = await user.audits();
  assert.deepEqual(
    audits.map(({ action, resource_id: id, principal_id: who }) => [action, id, who]),
    ['kms:cmk:create', 'kms:cmk:disable', 'kms:cmk:enable', 'kms:cmk:update'].map((action) => [
      action,
      keyId,
      user.userId,
    ]),
  );
});
