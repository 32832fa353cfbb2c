import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePublicKey, signatureAlgorithmFor, signerFromPkcs8 } from '../../pki/index.ts';
import { systemRandom } from '../../platform/random.ts';
import { add, curves, invert, multiply, multiplyBase, readPoint, toInteger } from './curve.ts';
import { signDigest, verifyDigest } from './digest-signature.ts';
import {
  signPkcs1Digest,
  signPssDigest,
  verifyPkcs1Digest,
  verifyPssDigest,
} from './rsa-digest-signature.ts';

const message = Buffer.from('to be signed');

function scalarOf(privateKey: KeyObject): bigint {
  return toInteger(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'));
}

const ecSpecs = [
  { spec: 'EC_P256', namedCurve: 'P-256', hash: 'sha256' },
  { spec: 'EC_P384', namedCurve: 'P-384', hash: 'sha384' },
  { spec: 'SECP256K1', namedCurve: 'secp256k1', hash: 'sha256' },
] as const;

function pointOf(publicKey: KeyObject, bytes: number): Uint8Array {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-(2 * bytes + 1));
}

for (const [spec, { n, p }] of Object.entries(curves))
  test(`${spec}: an inverse is one, of small, large and any numbers`, () => {
    for (const modulus of [n, p]) {
      const edges = [
        1n,
        2n,
        3n,
        modulus - 1n,
        modulus - 2n,
        modulus / 2n,
        2n ** 52n,
        2n ** 53n - 1n,
        2n ** 200n,
      ];
      const inverts = (value: bigint) => (value * invert(value, modulus)) % modulus === 1n;
      for (const value of edges) assert.ok(inverts(value), String(value));
      fc.assert(fc.property(fc.bigInt({ min: 1n, max: modulus - 1n }), inverts), { numRuns: 500 });
      fc.assert(
        fc.property(
          fc.bigInt({ min: -modulus + 1n, max: -1n }),
          (value) => invert(value, modulus) === invert(value + modulus, modulus),
        ),
      );
    }
  });

for (const { spec, namedCurve, hash } of ecSpecs) {
  test(`${spec}: OpenSSL verifies what is signed here and the other way round`, () => {
    const curve = curves[spec];
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const digest = createHash(hash).update(message).digest();
    const point = readPoint(curve, pointOf(publicKey, curve.bytes));
    for (let round = 0; round < 20; round += 1) {
      const signature = signDigest('ECDSA', curve, scalarOf(privateKey), digest);
      assert.ok(verify(hash, message, publicKey, signature));
      assert.ok(verifyDigest('ECDSA', curve, point, digest, sign(hash, message, privateKey)));
    }
    const other = createHash(hash).update('other').digest();
    assert.ok(!verifyDigest('ECDSA', curve, point, other, sign(hash, message, privateKey)));
  });

  test(`${spec}: multiplying and adding agree with the group`, () => {
    const curve = curves[spec];
    const base = multiplyBase(curve, 1n);
    const two = add(curve, base, base);
    assert.deepEqual(two, multiplyBase(curve, 2n));
    assert.deepEqual(multiply(curve, 1n, base), base);
    assert.equal(add(curve, base, multiply(curve, curve.n - 1n, base)), undefined);
    assert.deepEqual(add(curve, base, undefined), base);
    for (let round = 0; round < 10; round += 1) {
      const k = toInteger(systemRandom.bytes(curve.bytes)) % (curve.n - 2n);
      const m = toInteger(systemRandom.bytes(curve.bytes)) % (curve.n - 2n);
      const point = multiplyBase(curve, m + 1n);
      assert.deepEqual(multiply(curve, k + 1n, point), multiplyBase(curve, ((k + 1n) * (m + 1n)) % curve.n));
    }
    assert.deepEqual(multiply(curve, curve.n - 2n, base), multiplyBase(curve, curve.n - 2n));
    assert.equal((invert(5n, curve.n) * 5n) % curve.n, 1n);
  });
}

test('SM2: the certificate library verifies what is signed here and the other way round', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' });
  const signer = signerFromPkcs8(privateKey.export({ format: 'der', type: 'pkcs8' }));
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const algorithm = signatureAlgorithmFor('SM2');
  const octets = pointOf(publicKey, 32);
  const point = readPoint(curves.SM2, octets);
  // Z after GB/T 32918.2 §5.5 with the identifier 1234567812345678.
  const z = createHash('sm3').update(Buffer.concat([Buffer.of(0, 128), Buffer.from('1234567812345678')]));
  for (const number of [
    curves.SM2.a,
    curves.SM2.b,
    multiplyBase(curves.SM2, 1n).x,
    multiplyBase(curves.SM2, 1n).y,
  ])
    z.update(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
  const digest = createHash('sm3')
    .update(z.update(octets.subarray(1)).digest())
    .update(message)
    .digest();
  const scalar = toInteger(privateKey.export({ format: 'der', type: 'sec1' }).subarray(7, 39));
  for (let round = 0; round < 5; round += 1) {
    const signature = signDigest('SM2', curves.SM2, scalar, digest);
    assert.ok(await parsePublicKey(spki).verify(message, signature, algorithm));
    assert.ok(verifyDigest('SM2', curves.SM2, point, digest, await signer.sign(message, algorithm)));
  }
  const other = createHash('sm3').update('other').digest();
  assert.ok(!verifyDigest('SM2', curves.SM2, point, other, await signer.sign(message, algorithm)));
});

for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
  test(`RSA with ${hash}: OpenSSL verifies what is signed here and the other way round`, () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const digest = createHash(hash).update(message).digest();
    const other = createHash(hash).update('other').digest();
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    for (let round = 0; round < 3; round += 1) {
      assert.ok(verify(hash, message, publicKey, signPkcs1Digest(privateKey, hash, digest)));
      assert.ok(verify(hash, message, { key: publicKey, ...pss }, signPssDigest(privateKey, hash, digest)));
      const pkcs1Signature = sign(hash, message, privateKey);
      assert.ok(verifyPkcs1Digest(publicKey, hash, digest, pkcs1Signature));
      assert.ok(!verifyPkcs1Digest(publicKey, hash, other, pkcs1Signature));
      const pssSignature = sign(hash, message, { key: privateKey, ...pss });
      assert.ok(verifyPssDigest(publicKey, hash, digest, pssSignature));
      assert.ok(!verifyPssDigest(publicKey, hash, other, pssSignature));
    }
    for (const broken of [Buffer.alloc(0), Buffer.alloc(256), Buffer.alloc(256, 0xff), Buffer.alloc(257)]) {
      assert.ok(!verifyPkcs1Digest(publicKey, hash, digest, broken));
      assert.ok(!verifyPssDigest(publicKey, hash, digest, broken));
    }
  });
}
