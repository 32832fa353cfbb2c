import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemRandom } from '../../platform/random.ts';
import { additionalData, open, SealBroken, seal } from './sealed-box.ts';

const key = createSecretKey(systemRandom.bytes(32));
const bytes = () => fc.uint8Array({ maxLength: 300 });

test('opens what was sealed, with the same additional data only', () => {
  fc.assert(
    fc.property(bytes(), bytes(), bytes(), (plaintext, additional, other) => {
      const sealed = seal(key, systemRandom, plaintext, additional);
      assert.deepEqual(new Uint8Array(open(key, sealed, additional)), plaintext);
      if (Buffer.compare(additional, other) !== 0) assert.throws(() => open(key, sealed, other), SealBroken);
    }),
  );
});

test('any changed byte is noticed, and any cut', () => {
  const additional = additionalData('test');
  const sealed = seal(key, systemRandom, Buffer.from('secret'), additional);
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed);
    changed[index]! ^= 1;
    assert.throws(() => open(key, changed, additional), SealBroken);
    assert.throws(() => open(key, sealed.subarray(0, index), additional), SealBroken);
  }
});

test('another key does not open it', () => {
  const sealed = seal(key, systemRandom, Buffer.from('secret'), Buffer.alloc(0));
  assert.throws(() => open(createSecretKey(Buffer.alloc(32)), sealed, Buffer.alloc(0)), SealBroken);
});

test('lists of fields are told apart wherever they are divided', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (fields, others) => {
      const same = JSON.stringify(fields) === JSON.stringify(others);
      assert.equal(additionalData('x', ...fields).equals(additionalData('x', ...others)), same);
    }),
  );
  assert.notDeepEqual(additionalData('ab', 'c'), additionalData('a', 'bc'));
});
