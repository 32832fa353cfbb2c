import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { type BenchUser, dayMs, openSqliteBench } from '../kms.fixture.ts';
import { createTokenInMemory } from '../providers/pkcs11/token.fixture.ts';

const token = createTokenInMemory('cluster-1');
const bench = await openSqliteBench({ token });
const owner = bench.root();
const created = await owner.send<{ keystore: { keystore_id: string } }>('POST', 'keystores', {
  keystore_alias: 'dedicated',
  hsm_cluster_id: 'cluster-1',
});
const keystoreId = created.body.keystore.keystore_id;
await owner.send('POST', `keystores/${keystoreId}/enable`);

interface Encrypted {
  readonly cipher_text: string;
}
interface Described {
  readonly key_info: { readonly key_state: string };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const newKey = (fields: object = {}, user: BenchUser = owner) =>
  user.createKey({ keystore_id: keystoreId, ...fields });

/** Runs `work` while the HSM is away. */
async function withoutToken(work: () => Promise<void>): Promise<void> {
  token.setAvailable(false);
  try {
    await work();
  } finally {
    token.setAvailable(true);
  }
}

describe('keys in an HSM', () => {
  test('an AES_256 key encrypts and decrypts in the token, in the envelope that clients know', async () => {
    const before = token.keyNames().length;
    const keyId = await newKey();
    assert.equal(token.keyNames().length, before + 1);
    const bound = { additional_authenticated_data: 'place' };
    const { cipher_text: cipherText } = await owner.call<Encrypted>('encrypt-data', {
      key_id: keyId,
      plain_text: 'text',
      ...bound,
    });
    assert.equal(Buffer.from(cipherText, 'base64').length, 140);
    assert.ok(cipherText.startsWith('AgB'));
    const decrypted = await owner.call('decrypt-data', { cipher_text: cipherText, ...bound });
    assert.equal(decrypted.plain_text, 'text');
    assert.equal(await owner.refused('decrypt-data', { cipher_text: cipherText }), 'KMS.2201');
    const software = await owner.createKey();
    const other = await owner.call<Encrypted>('encrypt-data', { key_id: software, plain_text: 'text' });
    const moved = Buffer.from(other.cipher_text, 'base64');
    moved.write(keyId, moved.length - 72, 'latin1');
    createHash('sha256')
      .update(moved.subarray(0, -32))
      .digest()
      .copy(moved, moved.length - 32);
    assert.equal(await owner.refused('decrypt-data', { cipher_text: moved.toString('base64') }), 'KMS.2201');
  });

  test('data keys of every length come back', async () => {
    const keyId = await newKey();
    for (const bits of ['8', '256', '512', '520', '8192']) {
      const dataKey = await owner.call('create-datakey', { key_id: keyId, datakey_length: bits });
      const opened = await owner.call('decrypt-datakey', {
        key_id: keyId,
        cipher_text: dataKey.cipher_text,
        datakey_cipher_length: String(Number(bits) / 8),
      });
      assert.equal(opened.data_key, dataKey.plain_text);
    }
  });

  test('what one key encrypted goes to another without being seen', async () => {
    const [source, destination] = [await newKey(), await owner.createKey()];
    const encrypted = await owner.call<Encrypted>('encrypt-data', { key_id: source, plain_text: 'text' });
    const again = await owner.call('re-encrypt', {
      cipher_text: encrypted.cipher_text,
      source_key_id: source,
      destination_key_id: destination,
    });
    const opened = await owner.call('decrypt-data', { cipher_text: again.cipher_text });
    assert.equal(opened.plain_text, 'text');
  });

  test('an EC_P256 key signs in the token, and its public key verifies', async () => {
    const keyId = await newKey({ key_spec: 'EC_P256' });
    const signing = { key_id: keyId, signing_algorithm: 'ECDSA_SHA_256' };
    const { public_key: pem } = await owner.call<{ public_key: string }>('get-publickey', { key_id: keyId });
    const digest = createHash('sha256').update('text').digest('base64');
    for (const message of [
      { message: base64('text'), message_type: 'RAW' },
      { message: digest, message_type: 'DIGEST' },
    ]) {
      const { signature } = await owner.call<{ signature: string }>('sign', { ...signing, ...message });
      assert.ok(
        verify('sha256', Buffer.from('text'), createPublicKey(pem), Buffer.from(signature, 'base64')),
      );
      const answer = await owner.call('verify', { ...signing, ...message, signature });
      assert.equal(answer.signature_valid, 'true');
    }
  });

  test('what cannot stay in an HSM is refused when the key is made', async () => {
    const before = token.keyNames().length;
    for (const fields of [
      { key_spec: 'SM4' },
      { key_spec: 'SM2' },
      { key_spec: 'ED25519' },
      { key_spec: 'HMAC_256' },
      { key_spec: 'ML-DSA-44' },
      { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' },
      { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' },
    ]) {
      const body = { key_alias: 'k', keystore_id: keystoreId, ...fields };
      assert.equal(await owner.refused('create-key', body), 'KMS.0340', JSON.stringify(fields));
    }
    const external = { key_alias: 'k', keystore_id: keystoreId, origin: 'external' };
    assert.equal(await owner.refused('create-key', external), 'KMS.0339');
    assert.equal(token.keyNames().length, before);
  });

  test('it is not rotated', async () => {
    const keyId = await newKey();
    for (const operation of ['enable-key-rotation', 'rotate-on-demand'])
      assert.equal(await owner.refused(operation, { key_id: keyId }), 'KMS.0338', operation);
  });

  test('a key that cannot be recorded does not stay in the token', async () => {
    await newKey({ key_alias: 'taken' });
    const before = token.keyNames().length;
    const bodies = Array.from({ length: 4 }, () => ({ key_alias: 'race', keystore_id: keystoreId }));
    const answers = await Promise.all(bodies.map((body) => owner.send('POST', 'kms/create-key', body)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(token.keyNames().length, before + 1);
  });

  test('while the HSM is away everything that needs it is 503 KMS.0104, and nothing is done elsewhere', async () => {
    const keyId = await newKey();
    const signer = await newKey({ key_spec: 'EC_P256' });
    const { cipher_text: cipherText } = await owner.call<Encrypted>('encrypt-data', {
      key_id: keyId,
      plain_text: 'text',
    });
    await withoutToken(async () => {
      for (const [operation, body] of [
        ['create-key', { key_alias: 'away', keystore_id: keystoreId }],
        ['encrypt-data', { key_id: keyId, plain_text: 'text' }],
        ['decrypt-data', { cipher_text: cipherText }],
        ['create-datakey', { key_id: keyId }],
        [
          'sign',
          { key_id: signer, signing_algorithm: 'ECDSA_SHA_256', message: base64('m'), message_type: 'RAW' },
        ],
      ] as const) {
        const { status, code } = await owner.send('POST', `kms/${operation}`, body);
        assert.deepEqual([status, code], [503, 'KMS.0104'], operation);
      }
      const described = await owner.call<Described>('describe-key', { key_id: keyId });
      assert.equal(described.key_info.key_state, '2');
    });
    assert.equal((await owner.call('decrypt-data', { cipher_text: cipherText })).plain_text, 'text');
  });

  test('a destroyed key leaves the token, once the HSM answers', async () => {
    const keyId = await newKey();
    const isThere = () => token.keyNames().some((name) => name.includes(keyId));
    await owner.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    bench.clock.advance(7 * dayMs);
    await withoutToken(() => bench.jobs.runDue());
    assert.equal(await owner.refused('describe-key', { key_id: keyId }), 'KMS.0207');
    assert.ok(isThere());
    bench.clock.advance(dayMs);
    await bench.jobs.runDue();
    assert.ok(!isThere());
  });

  test('a key whose deletion is cancelled works again', async () => {
    const keyId = await newKey();
    await owner.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    const cancelled = await owner.call('cancel-key-deletion', { key_id: keyId });
    assert.equal(cancelled.key_state, '3');
    await owner.call('enable-key', { key_id: keyId });
    await owner.call<Encrypted>('encrypt-data', { key_id: keyId, plain_text: 'text' });
  });
});
