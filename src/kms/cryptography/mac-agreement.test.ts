import assert from 'node:assert/strict';
import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { openSqliteBench, unknownKeyId } from '../kms.fixture.ts';

const bench = await openSqliteBench();
const message = Buffer.from('hello world').toString('base64');

const macs = [
  ['HMAC_256', 'HMAC_SHA_256', 64],
  ['HMAC_384', 'HMAC_SHA_384', 96],
  ['HMAC_512', 'HMAC_SHA_512', 128],
  ['HMAC_SM3', 'HMAC_SM3', 64],
] as const;

for (const [keySpec, algorithm, digits] of macs)
  test(`${keySpec}: a MAC is lower-case hexadecimal and verified as a Boolean`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: keySpec });
    const request = { key_id: keyId, mac_algorithm: algorithm, message };
    const made = await user.call('generate-mac', request);
    assert.deepEqual([made.key_id, made.mac_algorithm], [keyId, algorithm]);
    assert.match(made.mac!, new RegExp(`^[0-9a-f]{${digits}}$`));
    assert.equal((await user.call('generate-mac', request)).mac, made.mac);
    const verified = await user.call<object>('verify-mac', { ...request, mac: made.mac!.toUpperCase() });
    assert.deepEqual(verified, { key_id: keyId, mac_algorithm: algorithm, mac_valid: true });
    const wrong = made.mac!.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    for (const mac of [wrong, made.mac!.slice(2), '00']) {
      const answer = await user.call<{ mac_valid: boolean }>('verify-mac', { ...request, mac });
      assert.equal(answer.mac_valid, false);
    }
    const other = await user.createKey({ key_spec: keySpec });
    assert.notEqual((await user.call('generate-mac', { ...request, key_id: other })).mac, made.mac);
  });

for (const operation of ['generate-mac', 'verify-mac'])
  test(`${operation} refuses each wrong field and key with its code`, async () => {
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: 'HMAC_256' });
    const good = { key_id: keyId, mac_algorithm: 'HMAC_SHA_256', message, mac: '00' };
    const refused = (fields: object) => user.refused(operation, { ...good, ...fields });
    assert.equal(await refused({}), 'not refused: 200');
    for (const field of ['key_id', 'mac_algorithm', 'message'])
      assert.equal(await refused({ [field]: undefined }), 'KMS.0204');
    assert.equal(await refused({ key_id: 'x' }), 'KMS.0205');
    assert.equal(await refused({ key_id: unknownKeyId }), 'KMS.0207');
    for (const text of ['', '!', Buffer.alloc(4097).toString('base64')])
      assert.equal(await refused({ message: text }), 'KMS.0308');
    assert.equal(await refused({ mac_algorithm: 'HMAC_SHA_512' }), 'KMS.0308');
    if (operation === 'verify-mac') assert.equal(await refused({ mac: 'xyz' }), 'KMS.0308');
    assert.equal(await refused({ key_id: await user.createKey() }), 'KMS.0334');
    assert.equal(await refused({ key_id: await user.createKey({ key_spec: 'EC_P256' }) }), 'KMS.0335');
    await user.call('disable-key', { key_id: keyId });
    assert.equal(await refused({}), 'KMS.0209');
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    assert.equal(await refused({}), 'KMS.0210');
    const denied = user.without('kms:cmk:generateMac', 'kms:cmk:verifyMac');
    assert.equal(await denied.refused(operation, good), 'KMS.0306');
  });

const curves = [
  ['EC_P256', 'P-256'],
  ['EC_P384', 'P-384'],
  ['SECP256K1', 'secp256k1'],
  ['SM2', 'SM2'],
] as const;

for (const [keySpec, namedCurve] of curves)
  test(`${keySpec}: both sides derive the same secret`, async () => {
    const user = bench.user();
    const ours = await user.createKey({ key_spec: keySpec, key_usage: 'KEY_AGREEMENT' });
    const theirs = await user.createKey({ key_spec: keySpec, key_usage: 'KEY_AGREEMENT' });
    const spkiOf = async (keyId: string) =>
      createPublicKey((await user.call('get-publickey', { key_id: keyId })).public_key!)
        .export({ format: 'der', type: 'spki' })
        .toString('base64');
    const derive = async (keyId: string, publicKey: string) =>
      await user.call('derive-shared-secret', {
        key_id: keyId,
        key_agreement_algorithm: 'ECDH',
        public_key: publicKey,
      });
    const secret = await derive(ours, await spkiOf(theirs));
    assert.deepEqual([secret.key_id, secret.key_agreement_algorithm], [ours, 'ECDH']);
    assert.equal((await derive(theirs, await spkiOf(ours))).shared_secret, secret.shared_secret);
    assert.equal(Buffer.from(secret.shared_secret!, 'base64').length, keySpec === 'EC_P384' ? 48 : 32);
    const outside = generateKeyPairSync('ec', { namedCurve });
    const outsideSpki = outside.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const derived = await derive(ours, outsideSpki);
    if (keySpec === 'SM2') return;
    const { public_key: pem } = await user.call('get-publickey', { key_id: ours });
    const expected = diffieHellman({ privateKey: outside.privateKey, publicKey: createPublicKey(pem!) });
    assert.equal(derived.shared_secret, expected.toString('base64'));
  });

test('derive-shared-secret refuses each wrong field and key with its code', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' });
  const spki = (namedCurve: string) =>
    generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'der', type: 'spki' });
  const good = {
    key_id: keyId,
    key_agreement_algorithm: 'ECDH',
    public_key: spki('P-256').toString('base64'),
  };
  const refused = (fields: object) => user.refused('derive-shared-secret', { ...good, ...fields });
  assert.equal(await refused({}), 'not refused: 200');
  for (const field of ['key_id', 'key_agreement_algorithm', 'public_key'])
    assert.equal(await refused({ [field]: undefined }), 'KMS.0204');
  assert.equal(await refused({ key_agreement_algorithm: 'X25519' }), 'KMS.0308');
  const offCurve = spki('P-256');
  offCurve[offCurve.length - 1]! ^= 1;
  for (const bytes of [spki('P-384'), spki('secp256k1'), offCurve, Buffer.from('x')])
    assert.equal(await refused({ public_key: bytes.toString('base64') }), 'KMS.0308');
  assert.equal(await refused({ recipient: { attestation_document: 'AAAA' } }), 'KMS.3804');
  assert.equal(await refused({ key_id: await user.createKey({ key_spec: 'EC_P256' }) }), 'KMS.0335');
  assert.equal(await refused({ key_id: await user.createKey() }), 'KMS.0334');
  assert.equal(await refused({ key_id: await user.createKey({ key_spec: 'HMAC_256' }) }), 'KMS.0341');
  await user.call('disable-key', { key_id: keyId });
  assert.equal(await refused({}), 'KMS.0209');
  assert.equal(
    await user.without('kms:cmk:deriveSharedSecret').refused('derive-shared-secret', good),
    'KMS.0306',
  );
});
