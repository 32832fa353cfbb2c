import assert from 'node:assert/strict';
import { constants, createCipheriv, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { test } from 'node:test';
import { encryptSm2 } from '../../pki/index.ts';
import { systemRandom } from '../../platform/random.ts';
import { type BenchUser, dayMs, type Flat, openSqliteBench, unknownKeyId } from '../kms.fixture.ts';

const bench = await openSqliteBench();

interface Parameters {
  readonly key_id: string;
  readonly import_token: string;
  readonly public_key: string;
  readonly expiration_time: number;
}

async function parametersOf(
  user: BenchUser,
  keyId: string,
  algorithm = 'RSAES_OAEP_SHA_256',
): Promise<Parameters> {
  const body = { key_id: keyId, wrapping_algorithm: algorithm };
  return await user.call<Parameters>('get-parameters-for-import', body);
}

function wrap(parameters: Parameters, secret: Uint8Array, algorithm = 'RSAES_OAEP_SHA_256'): string {
  const der = Buffer.from(parameters.public_key, 'base64');
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  if (algorithm === 'SM2_ENCRYPT')
    return Buffer.from(encryptSm2(secret, der.subarray(-65), systemRandom.bytes)).toString('base64');
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  return publicEncrypt({ key, ...oaep }, secret).toString('base64');
}

/** The body that imports `secret`. */
async function importBody(user: BenchUser, keyId: string, secret: Uint8Array, fields: object = {}) {
  const parameters = await parametersOf(user, keyId);
  return {
    key_id: keyId,
    import_token: parameters.import_token,
    encrypted_key_material: wrap(parameters, secret),
    ...fields,
  };
}

async function describe(user: BenchUser, keyId: string): Promise<Flat> {
  return (await user.call<{ key_info: Flat }>('describe-key', { key_id: keyId })).key_info;
}

test('parameters are a 2048-bit key and a token, valid for 24 hours', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ origin: 'external' });
  const parameters = await parametersOf(user, keyId);
  assert.equal(parameters.key_id, keyId);
  assert.equal(Buffer.from(parameters.public_key, 'base64').length, 294);
  assert.equal(parameters.expiration_time, Math.floor((bench.clock.nowMs() + dayMs) / 1000));
  const token = Buffer.from(parameters.import_token, 'base64');
  assert.ok(parameters.import_token.length >= 200 && parameters.import_token.length <= 6144);
  assert.equal(token.readUInt16LE(2), token.length - 4);
  assert.equal(token.toString('latin1', 4, 40), keyId);
});

for (const algorithm of ['RSAES_OAEP_SHA_256', 'SM2_ENCRYPT'])
  for (const [keySpec, bytes] of [
    ['AES_256', 32],
    ['SM4', 16],
  ] as const)
    test(`${keySpec} material comes in under ${algorithm} and the key is enabled`, async () => {
      const user = bench.user();
      const keyId = await user.createKey({ origin: 'external', key_spec: keySpec });
      const parameters = await parametersOf(user, keyId, algorithm);
      const imported = await user.send('POST', 'kms/import-key-material', {
        key_id: keyId,
        import_token: parameters.import_token,
        encrypted_key_material: wrap(parameters, systemRandom.bytes(bytes), algorithm),
      });
      assert.deepEqual([imported.status, imported.body], [200, {}]);
      const key = await describe(user, keyId);
      assert.deepEqual([key.key_state, key.expiration_time], ['2', '']);
      const { cipher_text: text } = await user.call('encrypt-data', { key_id: keyId, plain_text: 'x' });
      assert.equal((await user.call('decrypt-data', { cipher_text: text })).plain_text, 'x');
    });

test('deleted material can be imported again, and only the same', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ origin: 'external' });
  const secret = systemRandom.bytes(32);
  await user.call('import-key-material', await importBody(user, keyId, secret));
  const { cipher_text: text } = await user.call('encrypt-data', { key_id: keyId, plain_text: 'x' });
  assert.deepEqual(await user.call('delete-imported-key-material', { key_id: keyId }), {});
  assert.equal((await describe(user, keyId)).key_state, '5');
  assert.equal(await user.refused('decrypt-data', { cipher_text: text }), 'KMS.1301');
  const other = await importBody(user, keyId, systemRandom.bytes(32));
  assert.equal(await user.refused('import-key-material', other), 'KMS.2606');
  await user.call('import-key-material', await importBody(user, keyId, secret));
  assert.equal((await user.call('decrypt-data', { cipher_text: text })).plain_text, 'x');
});

test('material expires at its time, is deleted, and can come back', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ origin: 'external' });
  const secret = systemRandom.bytes(32);
  const seconds = Math.floor(bench.clock.nowMs() / 1000) + 3600;
  await user.call(
    'import-key-material',
    await importBody(user, keyId, secret, { expiration_time: String(seconds) }),
  );
  assert.equal((await describe(user, keyId)).expiration_time, String(seconds * 1000));
  const { cipher_text: text } = await user.call('encrypt-data', { key_id: keyId, plain_text: 'x' });
  bench.clock.advance(seconds * 1000 - bench.clock.nowMs());
  // At that instant, before the job that deletes it has run.
  assert.equal(await user.refused('decrypt-data', { cipher_text: text }), 'KMS.1301');
  assert.deepEqual(
    [(await describe(user, keyId)).key_state, (await describe(user, keyId)).expiration_time],
    ['5', ''],
  );
  await bench.jobs.runDue();
  assert.equal((await describe(user, keyId)).key_state, '5');
  await user.call('import-key-material', await importBody(user, keyId, secret));
  assert.equal((await user.call('decrypt-data', { cipher_text: text })).plain_text, 'x');
  bench.clock.advance(400 * dayMs);
  await bench.jobs.runDue();
  assert.equal((await describe(user, keyId)).key_state, '2');
});

test('material that expires while the key is disabled or pending deletion is gone too', async () => {
  const user = bench.user();
  const keys = await Promise.all([1, 2].map(() => user.createKey({ origin: 'external' })));
  const expiry = { expiration_time: Math.floor(bench.clock.nowMs() / 1000) + 3600 };
  for (const keyId of keys)
    await user.call('import-key-material', await importBody(user, keyId, systemRandom.bytes(32), expiry));
  const [disabled, pending] = keys as [string, string];
  await user.call('disable-key', { key_id: disabled });
  await user.call('schedule-key-deletion', { key_id: pending, pending_days: '7' });
  bench.clock.advance(3_601_000);
  await bench.jobs.runDue();
  assert.equal((await describe(user, disabled)).key_state, '5');
  assert.equal((await describe(user, pending)).key_state, '4');
  assert.equal((await user.call('cancel-key-deletion', { key_id: pending })).key_state, '5');
});

test('tokens are refused when they are forged, expired, or of another key', async () => {
  const user = bench.user();
  const [keyId, other] = await Promise.all([1, 2].map(() => user.createKey({ origin: 'external' })));
  const body = await importBody(user, keyId!, systemRandom.bytes(32));
  const refused = (fields: object) => user.refused('import-key-material', { ...body, ...fields });
  const token = Buffer.from(body.import_token, 'base64');
  for (const index of [0, 2, 10, 45, 70, token.length - 1]) {
    const forged = Buffer.from(token);
    forged[index]! ^= 1;
    assert.equal(await refused({ import_token: forged.toString('base64') }), 'KMS.2605', String(index));
  }
  for (const text of ['x', '!'.repeat(200), 'A'.repeat(200)])
    assert.equal(await refused({ import_token: text }), 'KMS.2605');
  assert.equal(await refused({ key_id: other }), 'KMS.2603');
  bench.clock.advance(dayMs);
  assert.equal(await refused({}), 'KMS.2601');
});

test('material is refused when it does not fit', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ origin: 'external' });
  const body = await importBody(user, keyId, systemRandom.bytes(32));
  const refused = (fields: object) => user.refused('import-key-material', { ...body, ...fields });
  for (const bytes of [16, 31, 33]) {
    const { encrypted_key_material: material, import_token: token } = await importBody(
      user,
      keyId,
      systemRandom.bytes(bytes),
    );
    assert.equal(await refused({ encrypted_key_material: material, import_token: token }), 'KMS.2604');
  }
  // Wrapped for another token's key.
  const another = await importBody(user, keyId, systemRandom.bytes(32));
  assert.equal(await refused({ encrypted_key_material: another.encrypted_key_material }), 'KMS.0311');
  assert.equal(await refused({ encrypted_key_material: '!' }), 'KMS.0308');
  const now = Math.floor(bench.clock.nowMs() / 1000);
  for (const time of [now - 1, now, '0', 'tomorrow', -1, 1.5])
    assert.equal(await refused({ expiration_time: time }), 'KMS.2602', String(time));
  for (const field of ['key_id', 'import_token', 'encrypted_key_material'])
    assert.equal(await refused({ [field]: undefined }), 'KMS.0204');
  assert.equal(await refused({ key_id: 'x' }), 'KMS.0205');
  assert.equal(await refused({ sequence: 'x' }), 'KMS.0206');
  assert.equal(await refused({ key_id: unknownKeyId }), 'KMS.0207');
  assert.equal(await user.without('kms:cmk:importMaterial').refused('import-key-material', body), 'KMS.0306');
  assert.equal(await refused({}), 'not refused: 200');
  assert.equal(await refused({}), 'KMS.0310');
});

const pairs = [
  ['RSA_2048', 'rsa', { modulusLength: 2048 }, 32],
  ['EC_P256', 'ec', { namedCurve: 'P-256' }, 32],
  ['EC_P384', 'ec', { namedCurve: 'P-384' }, 32],
  ['SECP256K1', 'ec', { namedCurve: 'secp256k1' }, 32],
  ['SM2', 'ec', { namedCurve: 'SM2' }, 16],
  ['ED25519', 'ed25519', {}, 32],
] as const;

const generate = generateKeyPairSync as unknown as (
  type: string,
  options: object,
) => { privateKey: Buffer; publicKey: Buffer };
const asDer = {
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  publicKeyEncoding: { type: 'spki', format: 'der' },
};

function wrapPrivateKey(temporaryKey: Uint8Array, pkcs8: Uint8Array): string {
  const cipherName = temporaryKey.length === 16 ? 'id-aes128-wrap-pad' : 'id-aes256-wrap-pad';
  const cipher = createCipheriv(cipherName, temporaryKey, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([cipher.update(pkcs8), cipher.final()]).toString('base64');
}

for (const [keySpec, type, options, length] of pairs)
  test(`${keySpec}: a private key comes in under a temporary key, and only a fitting one`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ origin: 'external', key_spec: keySpec });
    const { privateKey, publicKey } = generate(type, { ...options, ...asDer });
    const temporaryKey = systemRandom.bytes(length);
    const body = await importBody(user, keyId, temporaryKey);
    const good = { ...body, encrypted_privatekey: wrapPrivateKey(temporaryKey, privateKey) };
    const refused = (fields: object) => user.refused('import-key-material', { ...good, ...fields });
    assert.equal(await refused({ encrypted_privatekey: undefined }), 'KMS.2608');
    const other = generate('ec', { namedCurve: 'P-521', ...asDer }).privateKey;
    for (const bytes of [other, Buffer.alloc(200)])
      assert.equal(await refused({ encrypted_privatekey: wrapPrivateKey(temporaryKey, bytes) }), 'KMS.2609');
    assert.equal(await refused({ encrypted_privatekey: 'A'.repeat(200) }), 'KMS.2609');
    const wrong = await importBody(user, keyId, systemRandom.bytes(24));
    assert.equal(await refused(wrong), 'KMS.2610');
    assert.equal(await refused({ expiration_time: 4_000_000_000 }), 'KMS.0308');
    await user.call('import-key-material', good);
    const { public_key: pem } = await user.call('get-publickey', { key_id: keyId });
    const spki = createPublicKey(pem!).export({ format: 'der', type: 'spki' });
    assert.equal(spki.toString('hex'), publicKey.toString('hex'));
    assert.equal(await user.refused('delete-imported-key-material', { key_id: keyId }), 'KMS.2702');
  });

test('keys that take no import are refused everywhere', async () => {
  const user = bench.user();
  const own = await user.createKey();
  const body = { key_id: own, import_token: 'A'.repeat(200), encrypted_key_material: 'A'.repeat(344) };
  const parameters = { key_id: own, wrapping_algorithm: 'RSAES_OAEP_SHA_256' };
  assert.equal(await user.refused('get-parameters-for-import', parameters), 'KMS.0309');
  assert.equal(await user.refused('import-key-material', body), 'KMS.0309');
  assert.equal(await user.refused('delete-imported-key-material', { key_id: own }), 'KMS.0309');
  const external = await user.createKey({ origin: 'external' });
  for (const algorithm of ['RSAES_PKCS1_V1_5', 'RSAES_OAEP_SHA_1', 'x'])
    assert.equal(
      await user.refused('get-parameters-for-import', { key_id: external, wrapping_algorithm: algorithm }),
      'KMS.0308',
    );
  assert.equal(await user.refused('get-parameters-for-import', { key_id: external }), 'KMS.0204');
  assert.equal(await user.refused('delete-imported-key-material', { key_id: external }), 'KMS.2701');
  await user.call('import-key-material', await importBody(user, external, systemRandom.bytes(32)));
  assert.equal(
    await user.refused('get-parameters-for-import', { ...parameters, key_id: external }),
    'KMS.0310',
  );
  await user.call('schedule-key-deletion', { key_id: external, pending_days: '7' });
  assert.equal(await user.refused('delete-imported-key-material', { key_id: external }), 'KMS.2701');
  const denied = user.without('kms:cmk:getMaterial', 'kms:cmk:deleteMaterial');
  assert.equal(
    await denied.refused('get-parameters-for-import', { ...parameters, key_id: external }),
    'KMS.0306',
  );
  assert.equal(await denied.refused('delete-imported-key-material', { key_id: external }), 'KMS.0306');
});

test('several tokens of a key are each valid on their own', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ origin: 'external' });
  const first = await importBody(user, keyId, systemRandom.bytes(32));
  await importBody(user, keyId, systemRandom.bytes(32));
  await user.call('import-key-material', first);
});
