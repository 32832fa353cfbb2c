import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeAt, matchingPair, matchingStep, seedToBase32, stepAt } from './totp.ts';

const seed = Buffer.from('12345678901234567890');
const second = 1000;

describe('one-time passwords', () => {
  test('the test vectors of RFC 6238 appendix B, of which six digits are the last six', () => {
    for (const [seconds, eightDigits] of [
      [59, '94287082'],
      [1111111109, '07081804'],
      [1111111111, '14050471'],
      [1234567890, '89005924'],
      [2000000000, '69279037'],
      [20000000000, '65353130'],
    ] as const) {
      const code = eightDigits.slice(2);
      assert.equal(codeAt(seed, stepAt(seconds * second)), code);
      assert.equal(matchingStep(seed, code, seconds * second), Math.floor(seconds / 30));
    }
  });

  test('a code counts in its own step and in the neighbours of it', () => {
    const now = 2_000_000_000 * second;
    const step = stepAt(now);
    for (const offset of [-1, 0, 1])
      assert.equal(matchingStep(seed, codeAt(seed, step + offset), now), step + offset);
    for (const offset of [-2, 2])
      assert.equal(matchingStep(seed, codeAt(seed, step + offset), now), undefined);
  });

  test('what is no code of six digits is wrong', () => {
    for (const code of ['', '12345', '1234567', 'abcdef', '      '])
      assert.equal(matchingStep(seed, code, 59 * second), undefined);
  });

  test('two codes must follow each other', () => {
    const now = 2_000_000_000 * second;
    const step = stepAt(now);
    const pair = (first: number, next: number) =>
      matchingPair(seed, { first: codeAt(seed, step + first), second: codeAt(seed, step + next) }, now);
    assert.equal(pair(-1, 0), step);
    assert.equal(pair(-2, -1), step - 1);
    assert.equal(pair(0, 1), step + 1);
    assert.equal(pair(0, 0), undefined);
    assert.equal(pair(1, 0), undefined);
    assert.equal(pair(-2, 0), undefined);
    assert.equal(pair(-3, -2), undefined);
  });

  test('the seed is shown in base32', () => {
    assert.equal(seedToBase32(seed), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  });
});
