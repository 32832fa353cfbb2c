import assert from 'node:assert/strict';
import { constants, createHash, createPublicKey, verify as verifyMessage } from 'node:crypto';
import { test } from 'node:test';
import { parsePublicKey, signatureAlgorithmFor } from '../../pki/index.ts';
import { type BenchUser, openSqliteBench, unknownKeyId } from '../kms.fixture.ts';

const bench = await openSqliteBench();
const message = Buffer.from('to be signed');
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const digestOf = (hash: string) => base64(createHash(hash).update(message).digest());

async function publicKeyOf(user: BenchUser, keyId: string) {
  const { public_key: pem } = await user.call('get-publickey', { key_id: keyId });
  assert.match(
    pem!,
    /^-----BEGIN PUBLIC KEY-----\r\n([A-Za-z0-9+/=]{1,64}\r\n)+-----END PUBLIC KEY-----\r\n$/,
  );
  return createPublicKey(pem!);
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING };
const algorithms = [
  ['RSA_2048', 'RSASSA_PSS_SHA_256', 'sha256', { ...pss, saltLength: 32 }],
  ['RSA_2048', 'RSASSA_PSS_SHA_384', 'sha384', { ...pss, saltLength: 48 }],
  ['RSA_2048', 'RSASSA_PSS_SHA_512', 'sha512', { ...pss, saltLength: 64 }],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256', {}],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384', 'sha384', {}],
  ['RSA_3072', 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512', {}],
  ['EC_P256', 'ECDSA_SHA_256', 'sha256', {}],
  ['EC_P384', 'ECDSA_SHA_384', 'sha384', {}],
  ['SECP256K1', 'ECDSA_SHA_256', 'sha256', {}],
] as const;

for (const [keySpec, algorithm, hash, padding] of algorithms)
  test(`${keySpec} with ${algorithm}: digest and message give signatures that OpenSSL and verify take`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: keySpec });
    const publicKey = await publicKeyOf(user, keyId);
    const how = { key_id: keyId, signing_algorithm: algorithm };
    for (const what of [
      { message: digestOf(hash) },
      { message: digestOf(hash), message_type: 'DIGEST' },
      { message: base64(message), message_type: 'RAW' },
    ]) {
      const { signature, key_id: id } = await user.call('sign', { ...how, ...what });
      assert.equal(id, keyId);
      const bytes = Buffer.from(signature!, 'base64');
      assert.ok(verifyMessage(hash, message, { key: publicKey, ...padding }, bytes));
      for (const checked of [
        { message: digestOf(hash) },
        { message: base64(message), message_type: 'RAW' },
      ]) {
        const answer = await user.call('verify', { ...how, ...checked, signature });
        assert.deepEqual(answer, { key_id: keyId, signature_valid: 'true' });
      }
      bytes[bytes.length - 1]! ^= 1;
      const wrong = await user.call('verify', { ...how, ...what, signature: base64(bytes) });
      assert.equal(wrong.signature_valid, 'false');
    }
    const other = { message: base64(createHash(hash).update('other').digest()) };
    const { signature } = await user.call('sign', { ...how, message: digestOf(hash) });
    assert.equal((await user.call('verify', { ...how, ...other, signature })).signature_valid, 'false');
    for (const broken of ['', 'AAAA', '!', base64(Buffer.alloc(256)), base64(Buffer.alloc(5000))])
      for (const what of [{ message: digestOf(hash) }, { message: base64(message), message_type: 'RAW' }]) {
        const answer = await user.call('verify', { ...how, ...what, signature: broken });
        assert.equal(answer.signature_valid, 'false');
      }
  });

test('SM2: a digest over Z and message, and the message itself, give signatures that the certificate library takes', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ key_spec: 'SM2' });
  const spki = (await publicKeyOf(user, keyId)).export({ format: 'der', type: 'spki' });
  const how = { key_id: keyId, signing_algorithm: 'SM2DSA_SM3' };
  const raw = { message: base64(message), message_type: 'RAW' };
  const { signature } = await user.call('sign', { ...how, ...raw });
  const publicKey = parsePublicKey(spki);
  const algorithm = signatureAlgorithmFor('SM2');
  assert.ok(await publicKey.verify(message, Buffer.from(signature!, 'base64'), algorithm));
  assert.equal((await user.call('verify', { ...how, ...raw, signature })).signature_valid, 'true');
  const digest = { message: digestOf('sm3') };
  const overDigest = await user.call('sign', { ...how, ...digest });
  const verified = await user.call('verify', { ...how, ...digest, signature: overDigest.signature });
  assert.equal(verified.signature_valid, 'true');
  const crossed = await user.call('verify', { ...how, ...raw, signature: overDigest.signature });
  assert.equal(crossed.signature_valid, 'false');
});

const wholeMessage = [
  ['ED25519', 'ED25519_SHA_512'],
  ['ML-DSA-44', 'ML-DSA-44'],
  ['ML-DSA-65', 'ML-DSA-65'],
  ['ML-DSA-87', 'ML-DSA-87'],
] as const;

for (const [keySpec, algorithm] of wholeMessage)
  test(`${keySpec} signs messages, not digests`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: keySpec });
    const publicKey = await publicKeyOf(user, keyId);
    const how = { key_id: keyId, signing_algorithm: algorithm, message: base64(message) };
    for (const fields of [{}, { message_type: 'RAW' }]) {
      const { signature } = await user.call('sign', { ...how, ...fields });
      assert.ok(verifyMessage(null, message, publicKey, Buffer.from(signature!, 'base64')));
      assert.equal((await user.call('verify', { ...how, ...fields, signature })).signature_valid, 'true');
      const other = { ...how, message: base64(Buffer.from('other')), signature };
      assert.equal((await user.call('verify', other)).signature_valid, 'false');
    }
    assert.equal(await user.refused('sign', { ...how, message_type: 'DIGEST' }), 'KMS.0329');
  });

for (const operation of ['sign', 'verify'])
  test(`${operation} refuses each wrong field and key with its code`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: 'EC_P256' });
    const good = { signing_algorithm: 'ECDSA_SHA_256', message: digestOf('sha256'), signature: 'AAAA' };
    const refused = (fields: object) => user.refused(operation, { key_id: keyId, ...good, ...fields });
    assert.equal(await refused({}), 'not refused: 200');
    for (const field of ['key_id', 'message', 'signing_algorithm'])
      assert.equal(await refused({ [field]: undefined }), 'KMS.0204', field);
    assert.equal(await refused({ key_id: 'x' }), 'KMS.0205');
    assert.equal(await refused({ sequence: 'x' }), 'KMS.0206');
    assert.equal(await refused({ key_id: unknownKeyId }), 'KMS.0207');
    for (const text of ['', '!', 'AAA', base64(Buffer.alloc(4096))])
      assert.equal(await refused({ message: text, message_type: 'RAW' }), 'KMS.0308', text);
    assert.equal(await refused({ message_type: 'HASH' }), 'KMS.0308');
    for (const length of [31, 33, 48])
      assert.equal(await refused({ message: base64(Buffer.alloc(length)) }), 'KMS.0329');
    assert.equal(
      await refused({ message: base64(Buffer.alloc(4095)), message_type: 'RAW' }),
      'not refused: 200',
    );
    for (const algorithm of ['ECDSA_SHA_384', 'ECDSA_SHA_512', 'RSASSA_PSS_SHA_256', 'SM2DSA_SM3', 'NONE'])
      assert.equal(await refused({ signing_algorithm: algorithm }), 'KMS.0332', algorithm);
    const of = async (fields: object) => refused({ key_id: await user.createKey(fields) });
    assert.equal(await of({}), 'KMS.1115');
    assert.equal(await of({ key_spec: 'HMAC_256' }), 'KMS.0341');
    assert.equal(await of({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' }), 'KMS.0334');
    assert.equal(await of({ key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' }), 'KMS.0308');
    assert.equal(await of({ key_spec: 'EC_P256', origin: 'external' }), 'KMS.1301');
    await user.call('disable-key', { key_id: keyId });
    assert.equal(await refused({}), 'KMS.0209');
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    assert.equal(await refused({}), 'KMS.0210');
    assert.equal(
      await user.without(`kms:cmk:${operation}`).refused(operation, { key_id: keyId, ...good }),
      'KMS.0306',
    );
  });

test('get-publickey refuses keys and states without one', async () => {
  const user = bench.user();
  const refused = async (fields: object) =>
    user.refused('get-publickey', { key_id: await user.createKey(fields) });
  assert.equal(await refused({}), 'KMS.0331');
  assert.equal(await refused({ key_spec: 'HMAC_256' }), 'KMS.0341');
  assert.equal(await refused({ key_spec: 'EC_P256', origin: 'external' }), 'KMS.1301');
  const keyId = await user.createKey({ key_spec: 'EC_P256' });
  await user.call('disable-key', { key_id: keyId });
  await publicKeyOf(user, keyId);
  await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
  assert.equal(await user.refused('get-publickey', { key_id: keyId }), 'KMS.0210');
  assert.equal(await user.refused('get-publickey', {}), 'KMS.0204');
  assert.equal(
    await user.without('kms:cmk:getPublicKey').refused('get-publickey', { key_id: keyId }),
    'KMS.0306',
  );
});
