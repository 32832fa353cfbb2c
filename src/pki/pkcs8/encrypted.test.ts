import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { der, readDer } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { WrongPasswordError } from '../password.ts';
import { decryptPkcs8, encryptPkcs8 } from './encrypted.ts';
import { encodePbkdf2, maximumIterations, parseKeyDerivation } from './key-derivation.ts';

function pkcs8(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }));
}

const ecKey = pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

function wrapped(parameters: Uint8Array, ciphertext = new Uint8Array(16)): Uint8Array {
  return der.sequence(der.sequence(der.oid(oids.pbes2), parameters), der.octetString(ciphertext));
}

function aes256(): Uint8Array {
  return der.sequence(der.oid(oids.aes256Cbc), der.octetString(new Uint8Array(16)));
}

test('keys of every algorithm come back unchanged', async () => {
  const keys = [
    ecKey,
    pkcs8(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    pkcs8(generateKeyPairSync('ec', { namedCurve: 'SM2' }).privateKey),
    pkcs8(generateKeyPairSync('ed25519').privateKey),
    pkcs8(generateKeyPairSync('ml-dsa-65').privateKey),
  ];
  for (const key of keys) {
    const encrypted = await encryptPkcs8(key, 'pass,.+-_#', randomBytes);
    assert.deepEqual(await decryptPkcs8(encrypted, 'pass,.+-_#'), key);
  }
});

test('Node reads what is written', async () => {
  const encrypted = await encryptPkcs8(ecKey, 'pässwörd', randomBytes);
  const key = createPrivateKey({
    key: Buffer.from(encrypted),
    format: 'der',
    type: 'pkcs8',
    passphrase: 'pässwörd',
  });
  assert.deepEqual(pkcs8(key), ecKey);
});

test('what Node writes is read, whatever its cipher', async () => {
  const key = createPrivateKey({ key: Buffer.from(ecKey), format: 'der', type: 'pkcs8' });
  for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc', 'sm4-cbc']) {
    const encrypted = key.export({ type: 'pkcs8', format: 'der', cipher, passphrase: 'secret' });
    assert.deepEqual(await decryptPkcs8(encrypted, 'secret'), ecKey, cipher);
  }
});

test('salt and vector come from the argument, so two exports differ', async () => {
  const zeros = (length: number): Uint8Array => new Uint8Array(length);
  assert.deepEqual(await encryptPkcs8(ecKey, 'a', zeros), await encryptPkcs8(ecKey, 'a', zeros));
  assert.notDeepEqual(
    await encryptPkcs8(ecKey, 'a', randomBytes),
    await encryptPkcs8(ecKey, 'a', randomBytes),
  );
});

test('another password is refused, also where the padding happens to be right', async () => {
  const encrypted = await encryptPkcs8(ecKey, 'right', randomBytes);
  await assert.rejects(decryptPkcs8(encrypted, 'wrong'), WrongPasswordError);
  await assert.rejects(decryptPkcs8(encrypted, ''), WrongPasswordError);
  const notAKey = await encryptPkcs8(Uint8Array.of(1, 2, 3), 'right', randomBytes);
  await assert.rejects(decryptPkcs8(notAKey, 'right'), WrongPasswordError);
});

test('costs beyond the bounds are refused without being paid', async () => {
  const salt = new Uint8Array(16);
  const costly = wrapped(der.sequence(encodePbkdf2(salt, maximumIterations + 1), aes256()));
  await assert.rejects(decryptPkcs8(costly, 'a'), /more than 2000000 iterations/);
  const none = wrapped(der.sequence(encodePbkdf2(salt, 0), aes256()));
  await assert.rejects(decryptPkcs8(none, 'a'), MalformedError);
  for (const [n, r, p] of [
    [2 ** 20, 8, 1],
    [2 ** 14, 8, 5],
    [2 ** 14 + 1, 8, 1],
    [1, 8, 1],
    [2 ** 40, 2 ** 40, 1],
  ] as const) {
    const parameters = der.sequence(der.octetString(salt), der.integer(n), der.integer(r), der.integer(p));
    const scrypt = wrapped(der.sequence(der.sequence(der.oid(oids.scrypt), parameters), aes256()));
    await assert.rejects(decryptPkcs8(scrypt, 'a'), MalformedError, `${n} ${r} ${p}`);
  }
});

test('the default pseudo-random function is HMAC-SHA-1', () => {
  const parameters = der.sequence(der.octetString(Uint8Array.of(1)), der.integer(1000));
  const derivation = parseKeyDerivation(readDer(der.sequence(der.oid(oids.pbkdf2), parameters)));
  assert.deepEqual(derivation, {
    kind: 'pbkdf2',
    salt: Buffer.of(1),
    iterations: 1000,
    hash: 'sha1',
    keyLength: undefined,
  });
});

test('a key length that is not the cipher’s, unknown schemes and broken blocks are malformed', async () => {
  const salt = der.octetString(new Uint8Array(8));
  const short = der.sequence(der.oid(oids.pbkdf2), der.sequence(salt, der.integer(1), der.integer(16)));
  await assert.rejects(decryptPkcs8(wrapped(der.sequence(short, aes256())), 'a'), MalformedError);
  const unknownPrf = der.sequence(
    der.oid(oids.pbkdf2),
    der.sequence(salt, der.integer(1), der.sequence(der.oid('1.2.3'))),
  );
  await assert.rejects(decryptPkcs8(wrapped(der.sequence(unknownPrf, aes256())), 'a'), MalformedError);
  const pbkdf2 = encodePbkdf2(new Uint8Array(8), 1);
  const shortVector = der.sequence(der.oid(oids.aes256Cbc), der.octetString(new Uint8Array(8)));
  await assert.rejects(decryptPkcs8(wrapped(der.sequence(pbkdf2, shortVector)), 'a'), MalformedError);
  await assert.rejects(
    decryptPkcs8(wrapped(der.sequence(pbkdf2, aes256()), new Uint8Array(17)), 'a'),
    MalformedError,
  );
  await assert.rejects(
    decryptPkcs8(wrapped(der.sequence(pbkdf2, aes256()), new Uint8Array(0)), 'a'),
    MalformedError,
  );
  await assert.rejects(decryptPkcs8(new Uint8Array(70_000), 'a'), /larger than 64 KiB/);
});

test('arbitrary and damaged bytes give one of two errors', async () => {
  const valid = wrapped(der.sequence(encodePbkdf2(new Uint8Array(8), 1), aes256()), new Uint8Array(48));
  const damaged = fc
    .tuple(fc.nat(valid.length - 1), fc.nat(255))
    .map(([at, byte]) => valid.map((old, index) => (index === at ? byte : old)));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), async (bytes) => {
      try {
        await decryptPkcs8(bytes, 'a');
        assert.fail('48 zero bytes are no key');
      } catch (error) {
        assert(error instanceof MalformedError || error instanceof WrongPasswordError, String(error));
      }
    }),
  );
});
