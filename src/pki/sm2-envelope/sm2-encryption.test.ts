import assert from 'node:assert/strict';
import { createECDH, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { children, der, readDer } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { decryptSm2, encryptSm2 } from './sm2-encryption.ts';

// GM/T 0003.5 §C.2: key pair, ephemeral scalar, message and ciphertext on the recommended curve.
const example = {
  scalar: Buffer.from('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8', 'hex'),
  ephemeral: 0x59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21n,
  message: Buffer.from('encryption standard'),
  x: '04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73',
  y: 'e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0',
  hash: '59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766',
  ciphertext: '21886ca989ca9c7d58087307ca93092d651efa',
};

function pointOf(scalar: Uint8Array): Uint8Array {
  const ecdh = createECDH('SM2');
  ecdh.setPrivateKey(scalar);
  return ecdh.getPublicKey();
}

const cipher = encryptSm2(example.message, pointOf(example.scalar), randomBytes);

test('the example of the standard comes out, byte by byte', () => {
  const random = Buffer.from((example.ephemeral - 1n).toString(16).padStart(80, '0'), 'hex');
  const encrypted = encryptSm2(example.message, pointOf(example.scalar), () => random);
  const expected = der.sequence(
    der.integer(Buffer.from(example.x, 'hex')),
    der.integer(Buffer.from(example.y, 'hex')),
    der.octetString(Buffer.from(example.hash, 'hex')),
    der.octetString(Buffer.from(example.ciphertext, 'hex')),
  );
  assert.equal(Buffer.from(encrypted).toString('hex'), Buffer.from(expected).toString('hex'));
  assert.deepEqual(decryptSm2(encrypted, example.scalar), new Uint8Array(example.message));
});

test('messages of any length come back', () => {
  const point = pointOf(example.scalar);
  const property = fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (message) => {
    assert.deepEqual(
      new Uint8Array(decryptSm2(encryptSm2(message, point, randomBytes), example.scalar)),
      message,
    );
  });
  fc.assert(property, { numRuns: 10 });
});

test('an empty message is not encrypted', () => {
  assert.throws(() => encryptSm2(new Uint8Array(0), pointOf(example.scalar), randomBytes), RangeError);
});

test('a key that is not a point of the curve is refused', () => {
  const offCurve = Buffer.from(pointOf(example.scalar));
  offCurve[64]! ^= 1;
  assert.throws(() => encryptSm2(example.message, offCurve, randomBytes), MalformedError);
});

test('coordinates are read without their leading zeros, and without their sign byte', () => {
  const [x, y, hash, ciphertext] = children(readDer(cipher));
  const signless = (value: Uint8Array): Uint8Array =>
    der.tagged(2, value[0] === 0 ? value.subarray(1) : value);
  const unsigned = der.sequence(signless(x!.value), signless(y!.value), hash!.raw, ciphertext!.raw);
  assert.deepEqual(decryptSm2(unsigned, example.scalar), new Uint8Array(example.message));
  // A scalar whose point has a coordinate below 2^248 takes a few hundred tries.
  const ephemeral = firstScalarWithShortCoordinate();
  const random = Buffer.from((ephemeral - 1n).toString(16).padStart(80, '0'), 'hex');
  const short = encryptSm2(example.message, pointOf(example.scalar), () => random);
  assert.deepEqual(decryptSm2(short, example.scalar), new Uint8Array(example.message));
});

function firstScalarWithShortCoordinate(): bigint {
  for (let scalar = 1n; ; scalar++) {
    const point = pointOf(Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex'));
    if (point[1] === 0 || point[33] === 0) return scalar;
  }
}

test('another key, a changed byte and arbitrary bytes are malformed', () => {
  const otherScalar = Buffer.alloc(32, 7);
  assert.throws(() => decryptSm2(cipher, otherScalar), MalformedError);
  assert.throws(() => decryptSm2(new Uint8Array(70_000), otherScalar), MalformedError);
  const damaged = fc
    .tuple(fc.nat(cipher.length - 1), fc.integer({ min: 1, max: 255 }))
    .map(([at, difference]) =>
      Uint8Array.from(cipher, (byte, index) => (index === at ? byte ^ difference : byte)),
    );
  const property = fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
    assert.throws(() => decryptSm2(bytes, example.scalar), MalformedError);
  });
  fc.assert(property, { numRuns: 50 });
});
