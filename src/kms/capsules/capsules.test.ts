import assert from 'node:assert/strict';
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
  sign,
} from 'node:crypto';
import { describe, test } from 'node:test';
import { type BenchUser, dayMs, openSqliteBench, unknownKeyId } from '../kms.fixture.ts';
import { textToSign } from './attestation.ts';

const bench = await openSqliteBench();
const keyspaceId = 'a8fa42d8-4a41-4d35-b174-1e1ca3d1f9e0';
const isoAt = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const anybody = JSON.stringify({ version: '1.0' });

interface Created {
  readonly key_id: string;
  readonly datakey?: string;
  readonly datakey_cipher?: string;
  readonly datakey_capsule: string;
}
interface Opened extends Omit<Created, 'datakey_capsule'> {
  readonly instance_id: string;
}

interface AccessPoint {
  readonly id: string;
  /** What proves that it asks for this capsule now; valid for a minute. */
  attest(keyId: string, capsule: string, expireTime?: string): object;
}

async function newAccessPoint(user: BenchUser, space = keyspaceId): Promise<AccessPoint> {
  const body = { keyspace_id: space, access_point_name: 'point', type: 3 };
  const id = (await user.send('POST', 'kms/access-points', body)).body.access_point_id!;
  const answer = await user.send('POST', `kms/access-points/${id}/get-privatekey`);
  const key = createPrivateKey({
    key: Buffer.from(answer.body.private_key!, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
  return {
    id,
    attest: (keyId, capsule, expireTime = isoAt(bench.clock.nowMs() + 60_000)) => {
      const text = textToSign(keyId, Buffer.from(capsule, 'base64'), expireTime);
      return {
        custom_signature: sign('sha256', Buffer.from(text), key).toString('base64'),
        custom_public_key: publicKey,
        expire_time: expireTime,
      };
    },
  };
}

const createCapsule = (user: BenchUser, keyId: string, fields: object = {}) =>
  user.call<Created>('datakey-capsule/create', {
    key_id: keyId,
    datakey_length: '256',
    key_policy: anybody,
    ...fields,
  });

const decryption = (keyId: string, capsule: string, attestation: object, fields: object = {}) => ({
  key_id: keyId,
  datakey_capsule: capsule,
  attestation_document: attestation,
  ...fields,
});

describe('data key capsules', () => {
  test('a data key of 128 or 256 bits goes to the access point that proves itself', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const point = await newAccessPoint(user);
    for (const bits of [128, 256]) {
      const created = await createCapsule(user, keyId, { datakey_length: String(bits) });
      assert.equal(Buffer.from(created.datakey!, 'base64').length, bits / 8);
      assert.deepEqual([created.key_id, created.datakey_cipher], [keyId, undefined]);
      const capsule = created.datakey_capsule;
      const opened = await user.call<Opened>(
        'datakey-capsule/decrypt',
        decryption(keyId, capsule, point.attest(keyId, capsule)),
      );
      assert.deepEqual(opened, { key_id: keyId, instance_id: point.id, datakey: created.datakey });
    }
    const refused = (length: string) =>
      user.refused('datakey-capsule/create', {
        key_id: keyId,
        datakey_length: length,
        key_policy: anybody,
      });
    assert.equal(await refused('192'), 'KMS.1901');
  });

  test('with public_key, an RSA key, it comes encrypted alone', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const point = await newAccessPoint(user);
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const der = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const pem = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const decrypt = (cipher: string) =>
      privateDecrypt(
        { key: pair.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
        Buffer.from(cipher, 'base64'),
      ).toString('base64');
    const created = await createCapsule(user, keyId, { public_key: der });
    assert.equal(created.datakey, undefined);
    const capsule = created.datakey_capsule;
    const body = decryption(keyId, capsule, point.attest(keyId, capsule), { public_key: pem });
    const opened = await user.call<Opened>('datakey-capsule/decrypt', body);
    assert.equal(opened.datakey, undefined);
    assert.equal(decrypt(opened.datakey_cipher!), decrypt(created.datakey_cipher!));
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const secret = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const notPublic = secret.export({ format: 'pem', type: 'pkcs8' });
    const wrong = [ec, short].map((each) => each.export({ format: 'pem', type: 'spki' }));
    for (const key of ['x', notPublic, ...wrong]) {
      const fields = { key_id: keyId, datakey_length: '256', key_policy: anybody, public_key: key };
      assert.equal(await user.refused('datakey-capsule/create', fields), 'KMS.0308');
    }
  });

  test('either policy_id or key_policy; both, none, an unknown or a wrong one is refused', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const refused = (fields: object) =>
      user.refused('datakey-capsule/create', { key_id: keyId, datakey_length: '256', ...fields });
    assert.equal(await refused({}), 'KMS.0308');
    assert.equal(await refused({ policy_id: unknownKeyId, key_policy: anybody }), 'KMS.0308');
    assert.equal(await refused({ policy_id: unknownKeyId }), 'KMS.0308');
    assert.equal(await refused({ key_policy: '{' }), 'KMS.0308');
    const times = { start_time: '2026-02-01T00:00:00Z', end_time: '2026-01-01T00:00:00Z' };
    const backwards = JSON.stringify({ version: '1.0', validity_period: times });
    assert.equal(await refused({ key_policy: backwards }), 'KMS.2801');
    assert.equal(await refused({ key_policy: anybody, datakey_length: undefined }), 'KMS.0204');
  });

  test('an attestation holds for one key, one capsule and until its time, of an enabled access point', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const point = await newAccessPoint(user);
    const { datakey_capsule: capsule } = await createCapsule(user, keyId);
    const { datakey_capsule: other } = await createCapsule(user, keyId);
    const good = point.attest(keyId, capsule);
    const refused = (attestation: object, of = capsule) =>
      user.refused('datakey-capsule/decrypt', decryption(keyId, of, attestation));
    assert.equal(await refused(good, other), 'KMS.3804');
    assert.equal(await refused(point.attest(unknownKeyId, capsule)), 'KMS.3804');
    assert.equal(await refused(point.attest(keyId, capsule, isoAt(bench.clock.nowMs() - 1000))), 'KMS.3804');
    assert.equal(await refused(point.attest(keyId, capsule, 'tomorrow')), 'KMS.3804');
    assert.equal(await refused({ ...good, expire_time: isoAt(bench.clock.nowMs() + dayMs) }), 'KMS.3804');
    const hour = (offsetMs: number) =>
      point.attest(keyId, capsule, isoAt(bench.clock.nowMs() + 3_600_000 + offsetMs));
    assert.equal(await refused(hour(1_000)), 'KMS.3804');
    await user.call('datakey-capsule/decrypt', decryption(keyId, capsule, hour(0)));
    assert.notEqual(await refused({ ...good, custom_public_key: 'A'.repeat(5_000) }), 'KMS.3804');
    assert.notEqual(await refused(good, 'A'.repeat(300_000)), 'KMS.3804');
    assert.equal(await refused({ ...good, custom_signature: undefined }), 'KMS.3804');
    assert.equal(await refused({ ...good, custom_signature: 'AAAA' }), 'KMS.3804');
    assert.equal(await refused({ ...good, custom_public_key: 'AAAA' }), 'KMS.3804');
    assert.equal(await refused({ ecs_signature: 'x' }), 'KMS.3804');
    assert.equal(await refused({ ...good, service_token: 'x' }), 'KMS.3804');
    await user.send('POST', `kms/access-points/${point.id}/disable`);
    assert.equal(await refused(good), 'KMS.3804');
    await user.send('POST', `kms/access-points/${point.id}/enable`);
    await user.call('datakey-capsule/decrypt', decryption(keyId, capsule, good));
  });

  test('a policy in the capsule decides on time and access point: 403 KMS.0306, recorded', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const [point, other] = [await newAccessPoint(user), await newAccessPoint(user)];
    const nowMs = bench.clock.nowMs();
    const period = { start_time: isoAt(nowMs + dayMs), end_time: isoAt(nowMs + 2 * dayMs) };
    const policy = { version: '1.0', validity_period: period, allowed_access_point: [point.id] };
    const fields = { key_policy: JSON.stringify(policy) };
    const { datakey_capsule: capsule } = await createCapsule(user, keyId, fields);
    const code = async (by: AccessPoint) => {
      const body = decryption(keyId, capsule, by.attest(keyId, capsule));
      return (await user.send('POST', 'kms/datakey-capsule/decrypt', body)).code;
    };
    assert.equal(await code(point), 'KMS.0306');
    bench.clock.advance(dayMs + 1000);
    assert.equal(await code(point), '');
    assert.equal(await code(other), 'KMS.0306');
    bench.clock.advance(dayMs);
    assert.equal(await code(point), 'KMS.0306');
    assert.equal((await user.audits()).filter(({ result }) => result === 'refused').length, 3);
    const zoned = { version: '1.0', allowed_data_security_zone: ['zone'] };
    const inZone = await createCapsule(user, keyId, { key_policy: JSON.stringify(zoned) });
    const attestation = point.attest(keyId, inZone.datakey_capsule);
    const body = decryption(keyId, inZone.datakey_capsule, attestation);
    assert.equal(await user.refused('datakey-capsule/decrypt', body), 'KMS.0306');
  });

  test('a policy that is kept counts as it is when the capsule is opened, for its own key space', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const [point, elsewhere] = [await newAccessPoint(user), await newAccessPoint(user, unknownKeyId)];
    const kept = { keyspace_id: keyspaceId, policy_name: 'policy', policy: anybody };
    const { policy_id: policyId } = (await user.send('POST', 'kms/key-policies', kept)).body;
    const fields = { key_policy: undefined, policy_id: policyId };
    const { datakey_capsule: capsule } = await createCapsule(user, keyId, fields);
    const code = async (by: AccessPoint) => {
      const body = decryption(keyId, capsule, by.attest(keyId, capsule));
      return (await user.send('POST', 'kms/datakey-capsule/decrypt', body)).code;
    };
    assert.equal(await code(point), '');
    assert.equal(await code(elsewhere), 'KMS.0306');
    const nobody = { policy: JSON.stringify({ version: '1.0', allowed_access_point: [] }) };
    await user.send('PUT', `kms/key-policies/${policyId}`, nobody);
    assert.equal(await code(point), 'KMS.0306');
    await user.send('DELETE', `kms/key-policies/${policyId}`);
    assert.equal(await code(point), 'KMS.0306');
  });

  test('a policy narrows only: whatever it says, nobody opens a capsule without the permission or against a Deny', async () => {
    const [user, stranger] = [bench.user(), bench.user()];
    const keyId = await user.createKey();
    const point = await newAccessPoint(user);
    const wide = JSON.stringify({ version: '1.0', allowed_access_point: [point.id] });
    const kept = { keyspace_id: keyspaceId, policy_name: 'policy', policy: wide };
    const { policy_id: policyId } = (await user.send('POST', 'kms/key-policies', kept)).body;
    for (const fields of [{}, { key_policy: wide }, { key_policy: undefined, policy_id: policyId }]) {
      const { datakey_capsule: capsule } = await createCapsule(user, keyId, fields);
      const body = decryption(keyId, capsule, point.attest(keyId, capsule));
      await user.call('datakey-capsule/decrypt', body);
      for (const limited of [
        user.denied('kms:cmk:decryptDataKeyCapsule'),
        user.without('kms:cmk:decryptDataKeyCapsule'),
      ])
        assert.equal(await limited.refused('datakey-capsule/decrypt', body), 'KMS.0306');
      assert.equal(await stranger.refused('datakey-capsule/decrypt', body), 'KMS.0207');
    }
  });

  test('nothing but decrypting the capsule opens it, and nothing else is a capsule', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const point = await newAccessPoint(user);
    const { datakey_capsule: capsule } = await createCapsule(user, keyId);
    assert.equal(await user.refused('decrypt-data', { cipher_text: capsule }), 'KMS.2201');
    const content = { datakey: 'AAAA', policy: { document: { version: '1.0' } } };
    const data = { key_id: keyId, plain_text: JSON.stringify(content) };
    const { cipher_text: forged } = await user.call('encrypt-data', data);
    const of = async (text: string) =>
      user.refused('datakey-capsule/decrypt', decryption(keyId, text, point.attest(keyId, text)));
    assert.equal(await of(forged!), 'KMS.2201');
    assert.equal(await of('AAAA'), 'KMS.2201');
    assert.equal(await of('!'), 'KMS.2201');
    const second = await user.createKey();
    const elsewhere = await createCapsule(user, second);
    assert.equal(await of(elsewhere.datakey_capsule), 'KMS.2201');
  });

  test('the key must be enabled and symmetric, and the caller allowed', async () => {
    const user = bench.user();
    const keyId = await user.createKey();
    const point = await newAccessPoint(user);
    const { datakey_capsule: capsule } = await createCapsule(user, keyId);
    const creation = { datakey_length: '256', key_policy: anybody };
    const codes = async (id: string, by = user) => [
      await by.refused('datakey-capsule/create', { key_id: id, ...creation }),
      await by.refused('datakey-capsule/decrypt', decryption(id, capsule, point.attest(id, capsule))),
    ];
    for (const [spec, code] of [
      ['EC_P256', 'KMS.0325'],
      ['HMAC_256', 'KMS.0341'],
    ] as const)
      assert.deepEqual(await codes(await user.createKey({ key_spec: spec })), [code, code]);
    const pending = await user.createKey({ origin: 'external' });
    assert.deepEqual(await codes(pending), ['KMS.1301', 'KMS.1301']);
    assert.deepEqual(await codes(unknownKeyId), ['KMS.0207', 'KMS.0207']);
    assert.deepEqual(await codes('x'), ['KMS.0205', 'KMS.0205']);
    const without = user.without('kms:cmk:createDataKeyCapsule', 'kms:cmk:decryptDataKeyCapsule');
    assert.deepEqual(await codes(keyId, without), ['KMS.0306', 'KMS.0306']);
    await user.call('disable-key', { key_id: keyId });
    assert.deepEqual(await codes(keyId), ['KMS.0209', 'KMS.0209']);
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    assert.deepEqual(await codes(keyId), ['KMS.0210', 'KMS.0210']);
  });
});
