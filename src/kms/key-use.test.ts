import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { type BenchUser, dayMs, type Flat, openSqliteBench } from './kms.fixture.ts';

const bench = await openSqliteBench();

const plain = Buffer.alloc(32, 7);
const digest = createHash('sha256').update(plain).digest();
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signing = { message: digest.toString('base64'), signing_algorithm: 'ECDSA_SHA_256' };
const macOf = { message: 'AAAA', mac_algorithm: 'HMAC_SHA_256' };

interface Use {
  readonly operation: string;
  /** Of the key. */
  readonly fields: object;
  /** Besides key_id. */
  readonly body: (user: BenchUser, keyId: string) => Promise<object>;
  readonly takesAlias: boolean;
}

const use = (operation: string, fields: object, body: object, takesAlias = true): Use => ({
  operation,
  fields,
  body: async () => body,
  takesAlias,
});

const mac = { key_spec: 'HMAC_256' };
const signer = { key_spec: 'EC_P256' };

/** Every operation that uses material of a key. */
const uses: readonly Use[] = [
  use('create-datakey', {}, {}),
  use('create-datakey-without-plaintext', {}, {}),
  use(
    'encrypt-datakey',
    {},
    { plain_text: Buffer.concat([plain, digest]).toString('hex'), datakey_plain_length: '32' },
  ),
  {
    ...use('decrypt-datakey', {}, {}),
    body: async (user, keyId) => ({
      cipher_text: (await user.call('create-datakey', { key_id: keyId })).cipher_text,
      datakey_cipher_length: '32',
    }),
  },
  use('create-ec-datakey-pair', {}, { key_spec: 'ECC_NIST_P256' }, false),
  use('encrypt-data', {}, { plain_text: 'x' }),
  {
    ...use('decrypt-data', {}, {}),
    body: async (user, keyId) => ({
      cipher_text: (await user.call('encrypt-data', { key_id: keyId, plain_text: 'x' })).cipher_text,
    }),
  },
  {
    ...use('re-encrypt', {}, {}, false),
    body: async (user, keyId) => ({
      source_key_id: keyId,
      destination_key_id: await user.createKey(),
      cipher_text: (await user.call('encrypt-data', { key_id: keyId, plain_text: 'x' })).cipher_text,
    }),
  },
  use('sign', signer, signing),
  use('verify', signer, { ...signing, signature: 'AAAA' }),
  use('generate-mac', mac, macOf),
  use('verify-mac', mac, { ...macOf, mac: '00' }),
  use(
    'derive-shared-secret',
    { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' },
    {
      key_agreement_algorithm: 'ECDH',
      public_key: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    },
    false,
  ),
  use('datakey-capsule/create', {}, { datakey_length: '256', key_policy: '{"version":"1.0"}' }, false),
];

for (const { operation, fields, body, takesAlias } of uses) {
  test(`${operation} works while the key is enabled, and says in which state it does not`, async () => {
    const user = bench.user();
    const keyId = await user.createKey(fields);
    const request = { key_id: keyId, ...(await body(user, keyId)) };
    await user.call(operation, request);
    await user.call('disable-key', { key_id: keyId });
    assert.equal(await user.refused(operation, request), 'KMS.0209');
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    assert.equal(await user.refused(operation, request), 'KMS.0210');
    await user.call('cancel-key-deletion', { key_id: keyId });
    await user.call('enable-key', { key_id: keyId });
    await user.call(operation, request);
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    bench.clock.advance(7 * dayMs);
    assert.equal(await user.refused(operation, request), 'KMS.0207');
  });

  if (takesAlias)
    test(`${operation} finds its key by alias and by alias URN`, async () => {
      const user = bench.user();
      const keyId = await user.createKey({ ...fields, key_alias: 'own-name' });
      const { alias_urn: urn } = (await user.send('POST', 'kms/aliases', { key_id: keyId, alias: 'second' }))
        .body;
      const request = await body(user, keyId);
      for (const reference of ['alias/own-name', 'alias/second', urn]) {
        await user.call(operation, { ...request, key_id: reference });
        const stranger = bench.user();
        assert.equal(await stranger.refused(operation, { ...request, key_id: reference }), 'KMS.0207');
      }
    });
}

test('get-publickey finds its key by alias', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ key_spec: 'EC_P256', key_alias: 'own-name' });
  const answer = await user.call('get-publickey', { key_id: 'alias/own-name' });
  assert.equal(answer.key_id, keyId);
});

test('a default key encrypts data and data keys, and is not rotated', async () => {
  const user = bench.user();
  await bench.keyStore.generate({ accountId: user.accountId, purpose: 'pca' }, 'EC256');
  const { key_details: keys } = await user.call<{ key_details: Flat[] }>('list-keys');
  const named = { key_id: keys.find(({ default_key_flag: flag }) => flag === '1')?.key_id };
  const { cipher_text: text } = await user.call('encrypt-data', { ...named, plain_text: 'x' });
  assert.equal((await user.call('decrypt-data', { cipher_text: text })).plain_text, 'x');
  const made = await user.call('create-datakey', named);
  const opened = await user.call('decrypt-datakey', {
    ...named,
    cipher_text: made.cipher_text,
    datakey_cipher_length: '32',
  });
  assert.equal(opened.data_key, made.plain_text);
  for (const operation of ['enable-key-rotation', 'disable-key-rotation', 'rotate-on-demand'])
    assert.equal(await user.refused(operation, named), 'KMS.0211', operation);
  const interval = { ...named, rotation_interval: 30 };
  assert.equal(await user.refused('update-key-rotation-interval', interval), 'KMS.0211');
});

test('a key in a keystore of its own is neither rotated nor given material', async () => {
  const user = bench.user();
  const made = await user.send<{ keystore: Flat }>('POST', 'keystores', {
    keystore_alias: 'own',
    keystore_type: 'DEFAULT',
  });
  const { keystore_id: keystoreId } = made.body.keystore;
  await user.send('POST', `keystores/${keystoreId}/enable`);
  const keyId = await user.createKey({ keystore_id: keystoreId });
  assert.equal(await user.refused('enable-key-rotation', { key_id: keyId }), 'KMS.0338');
  const wanted = { key_id: keyId, wrapping_algorithm: 'RSAES_OAEP_SHA_256' };
  assert.equal(await user.refused('get-parameters-for-import', wanted), 'KMS.0339');
});

test('data keys are bound to additional data and encryption context, brought ones and pairs too', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const own = { plain_text: Buffer.concat([plain, digest]).toString('hex'), datakey_plain_length: '32' };
  for (const binding of [
    { additional_authenticated_data: 'bound' },
    { encryption_context: { a: '1' } },
    { encryption_context: '{"a":"1"}' },
  ]) {
    const made = [
      await user.call('create-datakey', { key_id: keyId, ...binding }),
      await user.call('create-datakey-without-plaintext', { key_id: keyId, ...binding }),
      await user.call('encrypt-datakey', { key_id: keyId, ...own, ...binding }),
    ];
    for (const { cipher_text: text } of made) {
      const opening = { key_id: keyId, cipher_text: text, datakey_cipher_length: '32' };
      await user.call('decrypt-datakey', { ...opening, ...binding });
      assert.equal(await user.refused('decrypt-datakey', opening), 'KMS.2201');
    }
  }
  const pair = await user.call('create-ec-datakey-pair', {
    key_id: keyId,
    key_spec: 'ECC_NIST_P256',
    additional_authenticated_data: 'bound',
  });
  const sealed = { cipher_text: pair.private_key_cipher_text };
  assert.equal(await user.refused('decrypt-data', sealed), 'KMS.2201');
});

test('alias and description are changed in every state but pending deletion, up to 255 characters', async () => {
  const user = bench.user();
  const [disabled, waiting] = [await user.createKey(), await user.createKey({ origin: 'external' })];
  await user.call('disable-key', { key_id: disabled });
  for (const [index, keyId] of [disabled, waiting].entries()) {
    await user.call('update-key-alias', { key_id: keyId, key_alias: `${index}`.padEnd(255, 'x') });
    await user.call('update-key-description', { key_id: keyId, key_description: 'é'.repeat(255) });
  }
});
