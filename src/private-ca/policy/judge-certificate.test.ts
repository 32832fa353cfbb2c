import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitsPattern } from './judge-certificate.ts';

test('an asterisk stands for any characters, letter case does not count', () => {
  const cases: [string, string, boolean][] = [
    ['a.example.com', 'a.example.com', true],
    ['A.Example.com', 'a.exAmple.com', true],
    ['b.a.example.com', '*.example.com', true],
    ['*.example.com', '*.example.com', true],
    ['example.com', '*.example.com', false],
    ['a.example.com.evil.test', '*.example.com', false],
    ['host-1.internal', 'host-*.internal', true],
    ['host-.internal', 'host-*.internal', true],
    ['host.internal', 'host-*.internal', false],
    ['abab', 'ab*ab*', true],
    ['aba', 'ab*ba', false],
    ['anything', '*', true],
    ['', '*', true],
    ['aXbXc', 'a*b*c', true],
    ['abc', 'a*c*c', false],
    ['.+', '.+', true],
    ['aa', '.+', false],
  ];
  for (const [text, pattern, fits] of cases)
    assert.equal(fitsPattern(text, pattern), fits, `${text} ${pattern}`);
});

test('it agrees with the regular expression of the pattern', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
  fc.assert(
    fc.property(letters, patterns, (text, pattern) => {
      const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 'i');
      assert.equal(fitsPattern(text, pattern), expression.test(text));
    }),
  );
});
