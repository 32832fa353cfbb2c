import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { openSqliteBench, unknownKeyId } from '../kms.fixture.ts';

const bench = await openSqliteBench();

function digested(dataKey: Buffer, hash = 'sha256'): string {
  return Buffer.concat([dataKey, createHash(hash).update(dataKey).digest()]).toString('hex');
}

const encryptors = [
  { key_spec: 'AES_256' },
  { key_spec: 'SM4' },
  { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' },
  { key_spec: 'SM2', key_usage: 'ENCRYPT_DECRYPT' },
] as const;

for (const fields of encryptors)
  test(`${fields.key_spec}: a new data key comes plain and encrypted, and decrypts`, async () => {
    const user = bench.user();
    const keyId = await user.createKey(fields);
    for (const bits of [8, 128, 512, 520, 1520]) {
      const made = await user.call('create-datakey', { key_id: keyId, datakey_length: String(bits) });
      assert.equal(made.key_id, keyId);
      assert.match(made.plain_text!, new RegExp(`^[0-9A-F]{${bits / 4}}$`));
      assert.match(made.cipher_text!, /^[0-9A-F]+$/);
      const opened = await user.call('decrypt-datakey', {
        key_id: keyId,
        cipher_text: made.cipher_text!.toLowerCase(),
        datakey_cipher_length: String(bits / 8),
      });
      const digest = createHash('sha256').update(Buffer.from(made.plain_text!, 'hex')).digest('hex');
      assert.deepEqual(opened, {
        data_key: made.plain_text,
        datakey_length: String(bits / 8),
        datakey_dgst: digest.toUpperCase(),
      });
    }
  });

test('the envelope of 64 bytes is 188 bytes long and names its key', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const { cipher_text: ciphertext } = await user.call('create-datakey', {
    key_id: keyId,
    datakey_length: '512',
  });
  const bytes = Buffer.from(ciphertext!, 'hex');
  assert.equal(bytes.length, 188);
  assert.equal(bytes.toString('latin1', 116, 152), keyId);
});

test('without plaintext the plaintext is not told', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const made = await user.call('create-datakey-without-plaintext', { key_id: keyId });
  assert.deepEqual(Object.keys(made).sort(), ['cipher_text', 'key_id']);
  const opened = await user.call('decrypt-datakey', {
    key_id: keyId,
    cipher_text: made.cipher_text,
    datakey_cipher_length: '32',
  });
  assert.equal(opened.datakey_length, '32');
});

test('key_spec gives the length, datakey_length wins, and 256 bits are the default', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const bitsOf = async (fields: object) =>
    4 * (await user.call('create-datakey', { key_id: keyId, ...fields })).plain_text!.length;
  for (const [spec, bits] of [
    ['AES_256', 256],
    ['AES_128', 128],
    ['SM4', 128],
    ['HMAC_256', 256],
    ['HMAC_384', 384],
    ['HMAC_512', 512],
    ['HMAC_SM3', 256],
  ] as const)
    assert.equal(await bitsOf({ key_spec: spec }), bits);
  assert.equal(await bitsOf({}), 256);
  assert.equal(await bitsOf({ key_spec: 'AES_128', datakey_length: '8192' }), 8192);
});

for (const operation of ['create-datakey', 'create-datakey-without-plaintext'])
  test(`${operation} refuses each wrong field with its code`, async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const refused = (fields: object) => user.refused(operation, { key_id: keyId, ...fields });
    for (const length of ['0', '7', '8200', 'x', '-8'])
      assert.equal(await refused({ datakey_length: length }), 'KMS.1901');
    assert.equal(await refused({ datakey_length: '9' }), 'KMS.1903');
    assert.equal(await refused({ key_spec: 'RSA_2048' }), 'KMS.1902');
    assert.equal(await refused({ key_id: undefined }), 'KMS.0204');
    assert.equal(await refused({ key_id: 'x' }), 'KMS.0205');
    assert.equal(await refused({ sequence: 'x' }), 'KMS.0206');
    assert.equal(await refused({ key_id: unknownKeyId }), 'KMS.0207');
    assert.equal(await refused({ encryption_context: 7 }), 'KMS.0208');
    assert.equal(await refused({ additional_authenticated_data: 'x'.repeat(129) }), 'KMS.0308');
    const of = async (fields: object) => refused({ key_id: await user.createKey(fields) });
    assert.equal(await of({ key_spec: 'EC_P256' }), 'KMS.1114');
    assert.equal(await of({ key_spec: 'RSA_2048' }), 'KMS.0335');
    assert.equal(await of({ key_spec: 'HMAC_256' }), 'KMS.0341');
    assert.equal(await of({ origin: 'external' }), 'KMS.1301');
    const rsa = await user.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' });
    assert.equal(await refused({ key_id: rsa, datakey_length: '1528' }), 'KMS.1904');
    await user.call('disable-key', { key_id: keyId });
    assert.equal(await refused({}), 'KMS.0209');
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    assert.equal(await refused({}), 'KMS.0210');
    assert.equal(await user.without('kms:dek:create').refused(operation, { key_id: rsa }), 'KMS.0306');
  });

test('a data key of the caller is encrypted if its digest is right', async () => {
  const user = bench.user();
  const dataKey = Buffer.alloc(64);
  for (const fields of encryptors) {
    const keyId = await user.createKey(fields);
    const hash = fields.key_spec === 'SM4' || fields.key_spec === 'SM2' ? 'sm3' : 'sha256';
    const encrypted = await user.call('encrypt-datakey', {
      key_id: keyId,
      plain_text: digested(dataKey, hash),
      datakey_plain_length: '64',
    });
    assert.deepEqual([encrypted.key_id, encrypted.datakey_length], [keyId, '64']);
    const opened = await user.call('decrypt-datakey', {
      key_id: keyId,
      cipher_text: encrypted.cipher_text,
      datakey_cipher_length: '64',
    });
    assert.deepEqual(opened, {
      data_key: '0'.repeat(128),
      datakey_length: '64',
      datakey_dgst: 'F5A5FD42D16A20302798EF6ED309979B43003D2320D9F0E8EA9831A92759FB4B',
    });
  }
});

test('encrypt-datakey refuses each wrong field with its code', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const good = { key_id: keyId, plain_text: digested(Buffer.alloc(16)), datakey_plain_length: '16' };
  const refused = (fields: object) => user.refused('encrypt-datakey', { ...good, ...fields });
  assert.equal(await refused({}), 'not refused: 200');
  for (const text of ['', 'abc', 'xyz0', '0x00'])
    assert.equal(await refused({ plain_text: text }), 'KMS.2101', text);
  for (const length of ['0', '1025', 'x', ''])
    assert.equal(await refused({ datakey_plain_length: length }), 'KMS.2102');
  assert.equal(await refused({ plain_text: good.plain_text.replace(/.$/, '0') + '' }), 'KMS.2103');
  assert.equal(await refused({ datakey_plain_length: '15' }), 'KMS.2104');
  for (const field of ['key_id', 'plain_text', 'datakey_plain_length'])
    assert.equal(await refused({ [field]: undefined }), 'KMS.0204');
  const rsa = await user.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' });
  const long = { plain_text: digested(Buffer.alloc(191)), datakey_plain_length: '191' };
  assert.equal(await refused({ key_id: rsa, ...long }), 'KMS.1904');
  assert.equal(await user.without('kms:dek:crypto').refused('encrypt-datakey', good), 'KMS.0306');
});

test('decrypt-datakey refuses each wrong field with its code', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const bound = { additional_authenticated_data: 'bound' };
  const made = await user.call('create-datakey', { key_id: keyId, datakey_length: '512', ...bound });
  const good = { key_id: keyId, cipher_text: made.cipher_text!, datakey_cipher_length: '64', ...bound };
  const refused = (fields: object) => user.refused('decrypt-datakey', { ...good, ...fields });
  assert.equal(await refused({}), 'not refused: 200');
  assert.equal(await refused({ additional_authenticated_data: 'other' }), 'KMS.2201');
  assert.equal(await refused({ additional_authenticated_data: undefined }), 'KMS.2201');
  const changed = good.cipher_text.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
  for (const text of [changed, '', 'abc', 'xyz0', good.cipher_text.slice(2)])
    assert.equal(await refused({ cipher_text: text }), 'KMS.2201');
  for (const length of ['0', '1025', 'x'])
    assert.equal(await refused({ datakey_cipher_length: length }), 'KMS.2202');
  assert.equal(await refused({ datakey_cipher_length: '63' }), 'KMS.2204');
  assert.equal(await refused({ key_id: await user.createKey() }), 'KMS.2201');
  const data = await user.call('encrypt-data', { key_id: keyId, plain_text: 'x'.repeat(64), ...bound });
  const asHex = Buffer.from(data.cipher_text!, 'base64').toString('hex');
  assert.equal(await refused({ cipher_text: asHex }), 'KMS.2201');
  const rsa = await user.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' });
  const unbound = { additional_authenticated_data: undefined };
  assert.equal(await refused({ key_id: rsa, cipher_text: '00'.repeat(256), ...unbound }), 'KMS.0311');
});

const pairs = [
  ['create-ec-datakey-pair', 'ECC_NIST_P256'],
  ['create-ec-datakey-pair', 'ECC_NIST_P384'],
  ['create-ec-datakey-pair', 'ECC_NIST_P521'],
  ['create-ec-datakey-pair', 'ECC_SECG_P256K1'],
  ['create-ec-datakey-pair', 'SM2'],
  ['create-rsa-datakey-pair', 'RSA_2048'],
] as const;

for (const [operation, keySpec] of pairs)
  test(`${operation} of ${keySpec}: the private key belongs to the public key, plain and encrypted`, async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const additional = { additional_authenticated_data: 'bound' };
    const made = await user.call(operation, { key_id: keyId, key_spec: keySpec, ...additional });
    assert.deepEqual([made.key_id, made.key_spec], [keyId, keySpec]);
    const privateKey = Buffer.from(made.private_key_plain_text!, 'base64');
    const derived = createPublicKey(createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }));
    assert.equal(derived.export({ format: 'der', type: 'spki' }).toString('base64'), made.public_key);
    const opened = await user.call('decrypt-data', {
      cipher_text: made.private_key_cipher_text,
      ...additional,
    });
    assert.equal(opened.plain_text_base64, made.private_key_plain_text);
    const quiet = await user.call(operation, { key_id: keyId, key_spec: keySpec, with_plain_text: false });
    assert.deepEqual(Object.keys(quiet).sort(), [
      'key_id',
      'key_spec',
      'private_key_cipher_text',
      'public_key',
    ]);
  });

for (const [operation, keySpec, otherSpec] of [
  ['create-ec-datakey-pair', 'ECC_NIST_P256', 'RSA_2048'],
  ['create-rsa-datakey-pair', 'RSA_2048', 'ECC_NIST_P256'],
] as const)
  test(`${operation} refuses each wrong field with its code`, async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const refused = (fields: object) =>
      user.refused(operation, { key_id: keyId, key_spec: keySpec, ...fields });
    assert.equal(await refused({ key_spec: otherSpec }), 'KMS.0308');
    assert.equal(await refused({ key_spec: undefined }), 'KMS.0204');
    assert.equal(await refused({ key_id: undefined }), 'KMS.0204');
    assert.equal(await refused({ key_id: 'x' }), 'KMS.0205');
    assert.equal(await refused({ key_id: unknownKeyId }), 'KMS.0207');
    assert.equal(await refused({ with_plain_text: 'yes' }), 'KMS.0308');
    assert.equal(await refused({ key_id: await user.createKey({ key_spec: 'EC_P256' }) }), 'KMS.0325');
    assert.equal(await refused({ key_id: await user.createKey({ key_spec: 'HMAC_256' }) }), 'KMS.0341');
    await user.call('disable-key', { key_id: keyId });
    assert.equal(await refused({}), 'KMS.0209');
  });
