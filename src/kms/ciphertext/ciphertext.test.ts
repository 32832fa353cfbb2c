import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../../platform/errors.ts';
import { systemRandom } from '../../platform/random.ts';
import { type Binding, encodeBinding, noBinding } from './binding.ts';
import { parseEnvelope } from './envelope.ts';
import {
  type CipherKey,
  type CiphertextKind,
  decryptSymmetric,
  encryptSymmetric,
  type SymmetricSpec,
} from './symmetric-cipher.ts';

function newKey(spec: SymmetricSpec, keyVersion = 0): CipherKey {
  const secret = createSecretKey(systemRandom.bytes(spec === 'SM4' ? 16 : 32));
  return { keyId: systemRandom.uuid(), keyVersion, spec, secret };
}

const invalidCiphertext = (error: unknown) => error instanceof ServiceError && error.code === 'KMS.2201';
const unbound = encodeBinding(noBinding);

function encrypt(key: CipherKey, kind: CiphertextKind, plaintext: Uint8Array, binding = unbound) {
  return encryptSymmetric(systemRandom, { key, kind, binding }, plaintext);
}

function decrypt(key: CipherKey, kind: CiphertextKind, ciphertext: Buffer, binding = unbound) {
  return decryptSymmetric(parseEnvelope(ciphertext), { key, kind, binding });
}

for (const spec of ['AES_256', 'SM4'] as const) {
  test(`${spec}: decrypts what it encrypted, under the same binding only`, () => {
    const key = newKey(spec, 7);
    const bindings = fc.record({
      additionalAuthenticatedData: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
      encryptionContext: fc.option(
        fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true })),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.constantFrom<CiphertextKind>('data', 'data key'),
        bindings,
        bindings,
        (plaintext, kind, binding: Binding, other: Binding) => {
          const bound = encodeBinding(binding);
          const ciphertext = encrypt(key, kind, plaintext, bound);
          assert.deepEqual(new Uint8Array(decrypt(key, kind, ciphertext, bound)), plaintext);
          const otherBound = encodeBinding(other);
          if (!bound.equals(otherBound))
            assert.throws(() => decrypt(key, kind, ciphertext, otherBound), invalidCiphertext);
          const otherKind = kind === 'data' ? 'data key' : 'data';
          assert.throws(() => decrypt(key, otherKind, ciphertext, bound), invalidCiphertext);
        },
      ),
    );
  });
}

test('lengths are those that clients know', () => {
  const key = newKey('AES_256');
  const lengthOf = (kind: CiphertextKind, bytes: number) => encrypt(key, kind, new Uint8Array(bytes)).length;
  assert.equal(lengthOf('data key', 64), 188);
  for (const bytes of [1, 4, 15, 16, 17, 4095, 4096]) {
    const rounded = 16 * (Math.floor(bytes / 16) + 1);
    assert.equal(lengthOf('data', bytes), 124 + rounded);
  }
  assert.equal(encrypt(key, 'data', new Uint8Array(4)).toString('base64').length, 188);
  assert.equal(encrypt(key, 'data', new Uint8Array(4096)).toString('base64').length, 5648);
});

test('the envelope names format, length, key and version where tools look for them', () => {
  const key = newKey('AES_256', 3);
  const ciphertext = encrypt(key, 'data key', new Uint8Array(64));
  assert.equal(ciphertext.toString('hex', 0, 4), '02009800');
  assert.equal(ciphertext.toString('latin1', 116, 152), key.keyId);
  assert.equal(ciphertext.readUInt32LE(152), 3);
  assert.match(encrypt(key, 'data', Buffer.from('x')).toString('base64'), /^Ag[A-D]/);
});

test('any changed byte and any cut is refused, also with the digest made right again', async () => {
  const { createHash } = await import('node:crypto');
  const key = newKey('AES_256');
  const ciphertext = encrypt(key, 'data', Buffer.from('attack at dawn'));
  for (let index = 0; index < ciphertext.length; index += 1) {
    const changed = Buffer.from(ciphertext);
    changed[index]! ^= 0x40;
    assert.throws(() => decrypt(key, 'data', changed), invalidCiphertext);
    assert.throws(() => parseEnvelope(ciphertext.subarray(0, index)), invalidCiphertext);
    if (index >= ciphertext.length - 32) continue;
    const body = changed.subarray(0, changed.length - 32);
    const forged = Buffer.concat([body, createHash('sha256').update(body).digest()]);
    const decryptForged = () => {
      const envelope = parseEnvelope(forged);
      const named = { ...key, keyId: envelope.keyId, keyVersion: envelope.keyVersion };
      return decryptSymmetric(envelope, { key: named, kind: 'data', binding: unbound });
    };
    assert.throws(decryptForged, invalidCiphertext, `byte ${index}`);
  }
});

test('equal plaintexts never give equal ciphertexts', () => {
  const key = newKey('SM4');
  const seen = new Set(
    Array.from({ length: 50 }, () => encrypt(key, 'data', Buffer.from('x')).toString('hex')),
  );
  assert.equal(seen.size, 50);
});

test('the order of a context means nothing, and everything else does', () => {
  const context = (encryptionContext: Record<string, string> | string) =>
    encodeBinding({ additionalAuthenticatedData: undefined, encryptionContext }).toString('hex');
  assert.equal(context({ a: '1', b: '2' }), context({ b: '2', a: '1' }));
  assert.notEqual(context({ a: '12' }), context({ a1: '2' }));
  assert.notEqual(context({}), encodeBinding(noBinding).toString('hex'));
  assert.notEqual(context('{"a":"1"}'), context({ a: '1' }));
  const bound = (additionalAuthenticatedData: string | undefined) =>
    encodeBinding({ additionalAuthenticatedData, encryptionContext: undefined }).toString('hex');
  assert.notEqual(bound(''), bound(undefined));
});

test('bindings that are too long are refused', () => {
  const data = (additionalAuthenticatedData: string) =>
    encodeBinding({ additionalAuthenticatedData, encryptionContext: undefined });
  data('x'.repeat(128));
  assert.throws(() => data('x'.repeat(129)), { code: 'KMS.0308' });
  assert.throws(() => data('é'.repeat(65)), { code: 'KMS.0308' });
  const context = (encryptionContext: Record<string, string>) =>
    encodeBinding({ additionalAuthenticatedData: undefined, encryptionContext });
  context({ a: 'x'.repeat(8191) });
  assert.throws(() => context({ a: 'x'.repeat(8192) }), { code: 'KMS.0208' });
});
