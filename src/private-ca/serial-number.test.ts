import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '../platform/random.ts';
import { newSerialNumber } from './serial-number.ts';

const nowMs = Date.UTC(2021, 8, 28, 2, 59, 12);

test('the decimal form begins with the UTC time of issue and has 34 digits: at most 15 octets, positive', () => {
  for (const bytes of [Buffer.alloc(16, 0), Buffer.alloc(16, 255)]) {
    const serialNumber = newSerialNumber(
      { ...systemRandom, bytes: (length) => bytes.subarray(0, length) },
      nowMs,
    );
    assert.match(serialNumber.toString(), /^20210928025912[0-9]{20}$/);
    assert.ok(serialNumber < 2n ** 119n);
  }
});

test('64 bits of it are random: each of them changes the number', () => {
  const numbers = new Set<bigint>();
  for (let bit = 0; bit < 64; bit += 1) {
    const bytes = (length: number) => {
      const octets = new Uint8Array(length);
      octets[bit >> 3] = 1 << (bit & 7);
      return octets;
    };
    numbers.add(newSerialNumber({ ...systemRandom, bytes }, nowMs));
  }
  assert.equal(numbers.size, 64);
});

test('two of the same second differ', () => {
  assert.notEqual(newSerialNumber(systemRandom, nowMs), newSerialNumber(systemRandom, nowMs));
});
