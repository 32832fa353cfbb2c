import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type KeyAlgorithm, keyKindOf, signatureAlgorithmFor } from '../algorithms.ts';
import { der } from '../der/index.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { parsePem } from '../pem.ts';
import { generateKeyPair } from './generate-key-pair.ts';
import { publicKeyOfPkcs8 } from './private-key.ts';
import { parsePublicKey, samePublicKey } from './public-key.ts';
import { signerFromPkcs8 } from './signer.ts';
import { signSm2, verifySm2 } from './sm2-signature.ts';
import { pkcs8ToTraditionalPem, privateKeyFromPemBlock } from './traditional-key.ts';

const quickAlgorithms: KeyAlgorithm[] = ['RSA2048', 'EC256', 'EC384', 'EC521', 'SM2', 'ED25519', 'MLDSA44'];
const slowToSign: KeyAlgorithm[] = ['MLDSA65', 'MLDSA87'];
const data = Buffer.from('to be signed');

for (const algorithm of [...quickAlgorithms, ...slowToSign]) {
  test(`${algorithm}: what its signer signs, its public key verifies, and nothing else`, async () => {
    const { privateKeyPkcs8, publicKeySpki } = await generateKeyPair(algorithm);
    const copy = Buffer.from(privateKeyPkcs8);
    const signer = signerFromPkcs8(copy);
    copy.fill(0);
    assert.equal(signer.keyAlgorithm, algorithm);
    assert.ok(samePublicKey(signer.publicKeySpki, publicKeySpki));
    assert.ok(samePublicKey(publicKeyOfPkcs8(privateKeyPkcs8), publicKeySpki));
    const publicKey = parsePublicKey(publicKeySpki);
    assert.equal(publicKey.algorithm, algorithm);
    assert.equal(publicKey.kind, keyKindOf(algorithm));
    const signatureAlgorithm = signatureAlgorithmFor(algorithm);
    const signature = await signer.sign(data, signatureAlgorithm);
    assert.equal(await publicKey.verify(data, signature, signatureAlgorithm), true);
    assert.equal(await publicKey.verify(Buffer.from('other'), signature, signatureAlgorithm), false);
    for (const wrong of [
      signature.subarray(1),
      Buffer.alloc(0),
      Buffer.concat([signature, Buffer.alloc(1)]),
    ]) {
      assert.equal(await publicKey.verify(data, wrong, signatureAlgorithm), false);
    }
    const foreign = signatureAlgorithmFor(algorithm === 'RSA2048' ? 'EC256' : 'RSA2048');
    assert.equal(await publicKey.verify(data, signature, foreign), false);
    await assert.rejects(signer.sign(data, foreign), UnsupportedAlgorithmError);
  });

  test(`${algorithm}: PEM of the private key reads back to the same PKCS#8`, async () => {
    const { privateKeyPkcs8 } = await generateKeyPair(algorithm);
    const [block] = parsePem(pkcs8ToTraditionalPem(privateKeyPkcs8));
    assert.deepEqual(privateKeyFromPemBlock(block!.label, block!.der), privateKeyPkcs8);
    const labels: Partial<Record<string, string>> = {
      RSA: 'RSA PRIVATE KEY',
      EC: 'EC PRIVATE KEY',
      SM2: 'EC PRIVATE KEY',
    };
    assert.equal(block!.label, labels[keyKindOf(algorithm)] ?? 'PRIVATE KEY');
  });
}

test('a hash goes with the keys that sign it', () => {
  assert.equal(signatureAlgorithmFor('RSA3072', 'SHA512').name, 'SHA512withRSA');
  assert.equal(signatureAlgorithmFor('EC384').name, 'SHA384withECDSA');
  assert.equal(signatureAlgorithmFor('EC256', 'SHA384').name, 'SHA384withECDSA');
  assert.equal(signatureAlgorithmFor('SM2').name, 'SM3withSM2');
  assert.equal(signatureAlgorithmFor('RSA').name, 'SHA256withRSA');
  assert.equal(signatureAlgorithmFor('ED25519', 'SHA256').name, 'Ed25519');
  assert.equal(signatureAlgorithmFor('MLDSA87').name, 'ML-DSA-87');
  assert.throws(() => signatureAlgorithmFor('SM2', 'SHA256'), UnsupportedAlgorithmError);
  assert.throws(() => signatureAlgorithmFor('RSA2048', 'SM3'), UnsupportedAlgorithmError);
});

function rsaSpki(modulus: bigint, exponent: bigint, parameters = der.nullValue()): Uint8Array {
  const key = der.sequence(der.integer(modulus), der.integer(exponent));
  return der.sequence(der.sequence(der.oid(oids.rsaEncryption), parameters), der.bitString(key));
}

test('RSA keys that are weak or malformed are refused, odd lengths are not', () => {
  const odd = (bits: bigint) => 2n ** (bits - 1n) + 1n;
  assert.equal(parsePublicKey(rsaSpki(odd(2048n), 65_537n)).algorithm, 'RSA2048');
  const unusual = parsePublicKey(rsaSpki(odd(2050n), 3n));
  assert.deepEqual([unusual.kind, unusual.algorithm, unusual.bits], ['RSA', undefined, 2050]);
  for (const bits of [512n, 1024n, 2047n, 8193n, 16_384n]) {
    assert.throws(() => parsePublicKey(rsaSpki(odd(bits), 65_537n)), UnsupportedAlgorithmError);
  }
  for (const exponent of [-3n, 0n, 1n, 2n, 65_536n, 2n ** 64n + 1n]) {
    assert.throws(() => parsePublicKey(rsaSpki(odd(2048n), exponent)), MalformedError, String(exponent));
  }
  assert.throws(() => parsePublicKey(rsaSpki(2n ** 2047n, 65_537n)), MalformedError);
  assert.throws(() => parsePublicKey(rsaSpki(-odd(2048n), 65_537n)), MalformedError);
  assert.throws(() => parsePublicKey(rsaSpki(odd(2048n), 65_537n, der.integer(1))), MalformedError);
});

for (const namedCurve of ['P-256', 'P-384', 'P-521', 'SM2']) {
  test(`${namedCurve}: points off the curve, compressed or at infinity are refused`, () => {
    const pair = generateKeyPairSync('ec', { namedCurve });
    const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
    const offCurve = Buffer.from(spki);
    offCurve[offCurve.length - 1]! ^= 1;
    assert.throws(() => parsePublicKey(offCurve), MalformedError);
    const { keyBits } = parsePublicKey(spki);
    const algorithm = spki.subarray(
      2 + Number(spki[1]! > 0x7f),
      spki.indexOf(keyBits) - 3 - Number(keyBits.length > 126),
    );
    const withPoint = (point: Uint8Array) => der.sequence(algorithm, der.bitString(point));
    assert.ok(samePublicKey(withPoint(keyBits), spki));
    const compressed = Buffer.from(keyBits.subarray(0, (keyBits.length + 1) / 2));
    compressed[0] = 2 + (keyBits.at(-1)! & 1);
    for (const point of [
      compressed,
      Uint8Array.of(0),
      keyBits.subarray(1),
      Buffer.alloc(keyBits.length, 4),
    ]) {
      assert.throws(() => parsePublicKey(withPoint(point)), MalformedError);
    }
  });
}

test('other algorithms and curves are refused as unsupported', () => {
  const ed448 = generateKeyPairSync('ed448').publicKey.export({ format: 'der', type: 'spki' });
  assert.throws(() => parsePublicKey(ed448), UnsupportedAlgorithmError);
  const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
    format: 'der',
    type: 'spki',
  });
  assert.throws(() => parsePublicKey(k256), UnsupportedAlgorithmError);
});

test('Ed25519 keys of small order, for which anyone can sign, verify nothing', async () => {
  const smallOrder = [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    `ec${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
  ];
  // The base point and 1: right for every message wherever the key is the neutral element.
  const forged = Buffer.from(`58${'66'.repeat(31)}01${'00'.repeat(31)}`, 'hex');
  for (const point of smallOrder) {
    const spki = der.sequence(der.sequence(der.oid(oids.ed25519)), der.bitString(Buffer.from(point, 'hex')));
    assert.equal(await parsePublicKey(spki).verify(data, forged, signatureAlgorithmFor('ED25519')), false);
  }
});

test('arbitrary bytes are no key, and say so by MalformedError', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const damaged = fc.tuple(fc.constantFrom(spki, pkcs8), fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (input) => {
      const bytes = Buffer.from(input instanceof Uint8Array ? input : input[0]);
      if (!(input instanceof Uint8Array)) bytes[input[1] % bytes.length]! ^= input[2];
      for (const parse of [parsePublicKey, signerFromPkcs8]) {
        try {
          parse(bytes);
        } catch (error) {
          assert.ok(error instanceof MalformedError, String(error));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('SM2: the signature of GB/T 32918.5 with the default identifier verifies, out of range ones do not', () => {
  const point = Buffer.from(
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
      'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
    'hex',
  );
  const r = 0xf5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3n;
  const s = 0xb1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aan;
  const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
  const message = Buffer.from('message digest');
  const signature = (first: bigint, second: bigint) => der.sequence(der.integer(first), der.integer(second));
  assert.equal(verifySm2(message, signature(r, s), point), true);
  for (const [first, second] of [
    [0n, s],
    [r, 0n],
    [r + order, s],
    [r, s + order],
    [-r, s],
    [s, r],
    [r, order - r],
  ] as const) {
    assert.equal(verifySm2(message, signature(first, second), point), false);
  }
  const privateKey = Buffer.from('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8', 'hex');
  assert.equal(verifySm2(message, signSm2(message, privateKey, point), point), true);
});

test('PKCS#8 with another version or trailing bytes is refused', () => {
  const pkcs8 = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
  const version2 = Buffer.from(pkcs8);
  version2[4] = 2;
  assert.throws(() => signerFromPkcs8(version2), MalformedError);
  assert.throws(() => signerFromPkcs8(Buffer.concat([pkcs8, Buffer.alloc(1)])), MalformedError);
  assert.throws(() => privateKeyFromPemBlock('CERTIFICATE', pkcs8), MalformedError);
  assert.equal(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).asymmetricKeyType, 'ed25519');
});

test('private keys of which OpenSSL would compute the public half without a bound are refused unread', () => {
  const dsa = '1.2.840.10040.4.1';
  const diffieHellman = '1.2.840.113549.1.3.1';
  for (const oid of [dsa, diffieHellman]) {
    const number = der.integer(2n ** 511n + 1n);
    const parameters = der.sequence(number, number, number);
    const pkcs8 = der.sequence(
      der.integer(0),
      der.sequence(der.oid(oid), parameters),
      der.octetString(number),
    );
    assert.throws(() => privateKeyFromPemBlock('PRIVATE KEY', pkcs8), UnsupportedAlgorithmError);
    assert.throws(() => publicKeyOfPkcs8(pkcs8), UnsupportedAlgorithmError);
  }
  const long = der.sequence(der.integer(0), der.octetString(new Uint8Array(20_000)));
  assert.throws(() => privateKeyFromPemBlock('RSA PRIVATE KEY', long), /more than 16384 bytes/);
});
