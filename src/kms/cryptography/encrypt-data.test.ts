import assert from 'node:assert/strict';
import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { test } from 'node:test';
import { type BenchUser, type Flat, openSqliteBench, unknownKeyId } from '../kms.fixture.ts';

const bench = await openSqliteBench();

async function encrypt(user: BenchUser, fields: object): Promise<string> {
  return (await user.call('encrypt-data', fields)).cipher_text!;
}

const symmetricSpecs = ['AES_256', 'SM4'] as const;

for (const keySpec of symmetricSpecs)
  test(`${keySpec}: what is encrypted is decrypted by the ciphertext alone`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: keySpec });
    for (const text of ['x', 'hello world', 'ÄÖ 你好 🔑', 'x'.repeat(4096)]) {
      const answer = await user.call('encrypt-data', { key_id: keyId, plain_text: text });
      assert.equal(answer.key_id, keyId);
      const bytes = Buffer.from(text).length;
      assert.equal(answer.cipher_text!.length, 4 * Math.ceil((124 + 16 * (Math.floor(bytes / 16) + 1)) / 3));
      assert.deepEqual(await user.call('decrypt-data', { cipher_text: answer.cipher_text }), {
        key_id: keyId,
        plain_text: text,
        plain_text_base64: Buffer.from(text).toString('base64'),
      });
    }
  });

const asymmetric = [
  ['RSA_2048', 'RSAES_OAEP_SHA_256', 190, 344],
  ['RSA_3072', 'RSAES_OAEP_SHA_256', 318, 512],
  ['SM2', 'SM2_ENCRYPT', 4096, undefined],
] as const;

for (const [keySpec, algorithm, limit, length] of asymmetric)
  test(`${keySpec}: ${algorithm} gives a bare ciphertext, up to ${limit} bytes`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: keySpec, key_usage: 'ENCRYPT_DECRYPT' });
    const how = { key_id: keyId, encryption_algorithm: algorithm };
    for (const text of ['hello', 'x'.repeat(limit)]) {
      const ciphertext = await encrypt(user, { ...how, plain_text: text });
      if (length) assert.equal(ciphertext.length, length);
      if (ciphertext.length <= 5648)
        assert.equal((await user.call('decrypt-data', { ...how, cipher_text: ciphertext })).plain_text, text);
    }
    const ciphertext = await encrypt(user, { ...how, plain_text: 'hello' });
    const refused = (fields: object) =>
      user.refused('decrypt-data', { ...how, cipher_text: ciphertext, ...fields });
    assert.equal(await refused({ key_id: undefined }), 'KMS.0204');
    assert.equal(await refused({ encryption_algorithm: undefined }), length ? 'KMS.2106' : 'KMS.0308');
    const damaged = Buffer.from(ciphertext, 'base64');
    damaged[60]! ^= 1;
    assert.equal(
      await refused({ cipher_text: damaged.toString('base64') }),
      length ? 'KMS.0311' : 'KMS.2201',
    );
    assert.equal(await refused({ additional_authenticated_data: 'x' }), 'KMS.0308');
    const encryption = { ...how, plain_text: 'x' };
    assert.equal(
      await user.refused('encrypt-data', { ...encryption, additional_authenticated_data: 'x' }),
      'KMS.0308',
    );
    if (!length) return;
    assert.equal(
      await user.refused('encrypt-data', { ...encryption, plain_text: 'x'.repeat(limit + 1) }),
      'KMS.2108',
    );
    assert.equal(
      await user.refused('encrypt-data', { ...encryption, encryption_algorithm: undefined }),
      'KMS.2106',
    );
  });

test('RSA: what OpenSSL encrypts with the public key is decrypted', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' });
  const { public_key: pem } = await user.call('get-publickey', { key_id: keyId });
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const ciphertext = publicEncrypt({ key: createPublicKey(pem!), ...oaep }, Buffer.from('from outside'));
  const answer = await user.call('decrypt-data', {
    key_id: keyId,
    encryption_algorithm: 'RSAES_OAEP_SHA_256',
    cipher_text: ciphertext.toString('base64'),
  });
  assert.equal(answer.plain_text, 'from outside');
});

test('additional data and encryption context must be the same, absence included', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const bindings = [
    {},
    { additional_authenticated_data: '' },
    { additional_authenticated_data: 'a' },
    { encryption_context: {} },
    { encryption_context: { a: '1', b: '2' } },
    { encryption_context: '{"a":"1","b":"2"}' },
    { additional_authenticated_data: 'a', encryption_context: { a: '1' } },
  ];
  for (const [index, binding] of bindings.entries()) {
    const ciphertext = await encrypt(user, { key_id: keyId, plain_text: 'x', ...binding });
    for (const [other, attempt] of bindings.entries()) {
      const code = await user.refused('decrypt-data', { cipher_text: ciphertext, ...attempt });
      assert.equal(code, index === other ? 'not refused: 200' : 'KMS.2201', `${index} ${other}`);
    }
  }
  const ciphertext = await encrypt(user, {
    key_id: keyId,
    plain_text: 'x',
    encryption_context: { a: '1', b: '2' },
  });
  await user.call('decrypt-data', { cipher_text: ciphertext, encryption_context: { b: '2', a: '1' } });
});

test('bindings that are wrong in form are refused', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const refused = (fields: object) =>
    user.refused('encrypt-data', { key_id: keyId, plain_text: 'x', ...fields });
  assert.equal(await refused({ additional_authenticated_data: 'x'.repeat(129) }), 'KMS.0308');
  assert.equal(await refused({ additional_authenticated_data: 7 }), 'KMS.0308');
  assert.equal(await refused({ encryption_context: { a: 1 } }), 'KMS.0208');
  assert.equal(await refused({ encryption_context: ['a'] }), 'KMS.0208');
  assert.equal(await refused({ encryption_context: { a: 'x'.repeat(8192) } }), 'KMS.0208');
});

test('a ciphertext that was changed, cut, or is of another key is refused', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const other = await user.createKey();
  const ciphertext = await encrypt(user, { key_id: keyId, plain_text: 'attack at dawn' });
  const bytes = Buffer.from(ciphertext, 'base64');
  for (const index of [0, 2, 4, 30, 60, bytes.length - 50, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed[index]! ^= 1;
    assert.equal(await user.refused('decrypt-data', { cipher_text: changed.toString('base64') }), 'KMS.2201');
  }
  assert.equal(await user.refused('decrypt-data', { cipher_text: ciphertext, key_id: other }), 'KMS.2201');
  await user.call('decrypt-data', { cipher_text: ciphertext, key_id: keyId });
  for (const text of ['', 'x', 'x'.repeat(127), 'x'.repeat(5649), '!'.repeat(188), 7, bytes.toString('hex')])
    assert.equal(await user.refused('decrypt-data', { cipher_text: text }), 'KMS.2201', String(text));
  assert.equal(await user.refused('decrypt-data', {}), 'KMS.0204');
});

test('texts that are empty or too long, and algorithms of other keys, are refused', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const refused = (fields: object) =>
    user.refused('encrypt-data', { key_id: keyId, plain_text: 'x', ...fields });
  assert.equal(await refused({ plain_text: undefined }), 'KMS.0204');
  assert.equal(await refused({ plain_text: '' }), 'KMS.0308');
  assert.equal(await refused({ plain_text: 'x'.repeat(4097) }), 'KMS.0308');
  assert.equal(await refused({ plain_text: 'é'.repeat(2049) }), 'KMS.0308');
  assert.equal(await refused({ encryption_algorithm: 'RSAES_OAEP_SHA_256' }), 'KMS.2105');
  assert.equal(await refused({ encryption_algorithm: 'ROT13' }), 'KMS.2105');
  assert.equal(await refused({ key_id: 'x' }), 'KMS.0205');
  assert.equal(await refused({ key_id: unknownKeyId }), 'KMS.0207');
  assert.equal(await refused({ sequence: 'x' }), 'KMS.0206');
});

const wrongKeys = [
  [{ key_spec: 'EC_P256' }, 'KMS.1114'],
  [{ key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' }, 'KMS.1114'],
  [{ key_spec: 'RSA_2048' }, 'KMS.0335'],
  [{ key_spec: 'SM2' }, 'KMS.0335'],
  [{ key_spec: 'ED25519' }, 'KMS.0335'],
  [{ key_spec: 'HMAC_256' }, 'KMS.0341'],
  [{ key_spec: 'SM2', key_usage: 'KEY_AGREEMENT' }, 'KMS.0308'],
] as const;

for (const [fields, code] of wrongKeys)
  test(`a key of ${JSON.stringify(fields)} does not encrypt: ${code}`, async () => {
    const user = bench.user();
    const keyId = await user.createKey(fields);
    assert.equal(await user.refused('encrypt-data', { key_id: keyId, plain_text: 'x' }), code);
    assert.equal(await user.refused('decrypt-data', { key_id: keyId, cipher_text: 'A'.repeat(344) }), code);
  });

test('a key is found by alias and alias URN too, and the answer names its id', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ key_alias: 'own-name' });
  const { status, body } = await user.send('POST', 'kms/aliases', { key_id: keyId, alias: 'alias/second' });
  assert.equal(status, 201);
  for (const reference of ['alias/own-name', 'alias/second', body.alias_urn]) {
    const answer = await user.call('encrypt-data', { key_id: reference, plain_text: 'x' });
    assert.equal(answer.key_id, keyId);
    await user.call('decrypt-data', { key_id: reference, cipher_text: answer.cipher_text });
    const described = await user.call<{ key_info: Flat }>('describe-key', { key_id: reference });
    assert.equal(described.key_info.key_id, keyId);
  }
  assert.equal(await user.refused('encrypt-data', { key_id: 'alias/none', plain_text: 'x' }), 'KMS.0207');
  assert.equal(await user.refused('encrypt-data', { key_id: 'own-name', plain_text: 'x' }), 'KMS.0205');
  const stranger = bench.user();
  assert.equal(
    await stranger.refused('encrypt-data', { key_id: body.alias_urn, plain_text: 'x' }),
    'KMS.0207',
  );
});

test('re-encryption goes from key to key and keeps the form', async () => {
  const user = bench.user();
  const [from, to] = [await user.createKey(), await user.createKey({ key_spec: 'SM4' })];
  const data = await encrypt(user, { key_id: from, plain_text: 'x', additional_authenticated_data: 'old' });
  const answer = await user.call('re-encrypt', {
    cipher_text: data,
    source_additional_authenticated_data: 'old',
    destination_key_id: to,
    destination_additional_authenticated_data: 'new',
  });
  const { cipher_text: again, ...rest } = answer;
  assert.deepEqual(rest, {
    key_id: to,
    source_key_id: from,
    source_encryption_algorithm: 'SYMMETRIC_DEFAULT',
    destination_encryption_algorithm: 'SYMMETRIC_DEFAULT',
  });
  const decrypted = await user.call('decrypt-data', {
    cipher_text: again,
    additional_authenticated_data: 'new',
  });
  assert.deepEqual([decrypted.key_id, decrypted.plain_text], [to, 'x']);
  const dataKey = await user.call('create-datakey', { key_id: from, datakey_length: '512' });
  const moved = await user.call('re-encrypt', {
    source_key_id: from,
    cipher_text: dataKey.cipher_text,
    destination_key_id: to,
    datakey_cipher_length: '64',
  });
  assert.match(moved.cipher_text!, /^[0-9A-F]+$/);
  const opened = await user.call('decrypt-datakey', {
    key_id: to,
    cipher_text: moved.cipher_text,
    datakey_cipher_length: '64',
  });
  assert.equal(opened.data_key, dataKey.plain_text);
});

test('re-encryption works from and to asymmetric keys', async () => {
  const user = bench.user();
  const symmetric = await user.createKey();
  const rsa = await user.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' });
  const algorithm = 'RSAES_OAEP_SHA_256';
  const bare = await encrypt(user, { key_id: rsa, plain_text: 'x', encryption_algorithm: algorithm });
  const wrapped = await user.call('re-encrypt', {
    source_key_id: rsa,
    source_encryption_algorithm: algorithm,
    cipher_text: bare,
    destination_key_id: symmetric,
  });
  const back = await user.call('re-encrypt', {
    cipher_text: wrapped.cipher_text,
    destination_key_id: rsa,
    destination_encryption_algorithm: algorithm,
  });
  const how = { key_id: rsa, encryption_algorithm: algorithm };
  assert.equal((await user.call('decrypt-data', { ...how, cipher_text: back.cipher_text })).plain_text, 'x');
});

test('re-encryption refuses what does not fit, and shows no plaintext', async () => {
  const user = bench.user();
  const [from, to] = [await user.createKey(), await user.createKey()];
  const ciphertext = await encrypt(user, { key_id: from, plain_text: 'the secret text' });
  const refused = (fields: object) =>
    user.refused('re-encrypt', { cipher_text: ciphertext, destination_key_id: to, ...fields });
  assert.equal(await refused({ source_key_id: to }), 'KMS.2201');
  assert.equal(await refused({ source_additional_authenticated_data: 'x' }), 'KMS.2201');
  assert.equal(await refused({ destination_key_id: undefined }), 'KMS.0204');
  assert.equal(await refused({ destination_key_id: 'x' }), 'KMS.0205');
  assert.equal(await refused({ destination_key_id: unknownKeyId }), 'KMS.0207');
  assert.equal(await refused({ destination_encryption_algorithm: 'SM2_ENCRYPT' }), 'KMS.2105');
  assert.equal(await refused({ source_encryption_algorithm: 'RSAES_OAEP_SHA_1' }), 'KMS.0204');
  assert.equal(
    await refused({ source_key_id: from, source_encryption_algorithm: 'RSAES_OAEP_SHA_1' }),
    'KMS.2105',
  );
  const signer = await user.createKey({ key_spec: 'RSA_2048' });
  assert.equal(await refused({ destination_key_id: signer }), 'KMS.0335');
  const rsa = await user.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' });
  assert.equal(await refused({ destination_key_id: rsa }), 'KMS.2106');
  const dataKey = await user.call('create-datakey', { key_id: from, datakey_length: '512' });
  assert.equal(await refused({ cipher_text: dataKey.cipher_text, datakey_cipher_length: '63' }), 'KMS.2204');
  await user.call('disable-key', { key_id: to });
  assert.equal(await refused({}), 'KMS.0209');
  await user.call('enable-key', { key_id: to });
  const { body } = await user.send('POST', 'kms/re-encrypt', {
    cipher_text: ciphertext,
    destination_key_id: to,
  });
  assert.ok(!JSON.stringify(body).includes('secret'));
  const denied = user.without('kms:cmk:reEncrypt');
  assert.equal(
    await denied.refused('re-encrypt', { cipher_text: ciphertext, destination_key_id: to }),
    'KMS.0306',
  );
});

test('random data is as long as asked, in upper-case hexadecimal, and never the same', async () => {
  const user = bench.user();
  const random = async (length: unknown) =>
    (await user.call('gen-random', { random_data_length: length })).random_data!;
  assert.match(await random('512'), /^[0-9A-F]{128}$/);
  assert.match(await random('8'), /^[0-9A-F]{2}$/);
  assert.equal((await random('8192')).length, 2048);
  assert.notEqual(await random('256'), await random('256'));
  const refused = (length?: unknown) => user.refused('gen-random', { random_data_length: length });
  assert.equal(await refused(), 'KMS.0204');
  for (const length of ['0', '7', '8200', 'x', '-8', '1e3'])
    assert.equal(await refused(length), 'KMS.1801', length);
  for (const length of ['9', '511']) assert.equal(await refused(length), 'KMS.1802', length);
  assert.equal(
    await user.without('kms:cmk:generate').refused('gen-random', { random_data_length: '8' }),
    'KMS.0306',
  );
});
