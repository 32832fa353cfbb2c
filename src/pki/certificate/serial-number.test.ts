import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { MalformedError } from '../malformed-error.ts';
import { newSerialNumber } from './serial-number.ts';

const asNumber = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

test('serial numbers are positive, short enough and carry the random bits', () => {
  const given = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(given, (random) => {
      const serialNumber = newSerialNumber((length) => random.subarray(0, length));
      assert.equal(serialNumber.length, 16);
      assert.equal(serialNumber[0]! & 0xc0, 0x40);
      assert.deepEqual(serialNumber.subarray(1), random.subarray(1));
    }),
  );
  assert.notDeepEqual(newSerialNumber(randomBytes), newSerialNumber(randomBytes));
});

test('with a prefix the decimal form begins with it and ends with 64 random bits', () => {
  const prefix = 20211014084311n;
  for (const fill of [0, 0xff]) {
    const serialNumber = newSerialNumber((length) => new Uint8Array(length).fill(fill), prefix);
    assert.ok(asNumber(serialNumber).toString().startsWith(String(prefix)));
    assert.equal(asNumber(serialNumber) % 10n ** 20n, fill === 0 ? 0n : 2n ** 64n - 1n);
  }
  const longest = newSerialNumber((length) => new Uint8Array(length).fill(0xff), 10n ** 27n - 1n);
  assert.ok(longest.length === 20 && longest[0]! < 0x80);
  for (const wrong of [0n, -1n, 10n ** 27n])
    assert.throws(() => newSerialNumber(randomBytes, wrong), MalformedError);
});
