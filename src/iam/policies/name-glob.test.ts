import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyCharacters, NameGlob, readGlob } from './name-glob.ts';

const letter = fc.constantFrom('a', 'b', '.');
const text = fc.string({ unit: letter, maxLength: 8 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });

function expressionOf(glob: string): RegExp {
  return new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}

test('it agrees with the regular expression of the pattern', () => {
  fc.assert(
    fc.property(text, pattern, (name, glob) => {
      for (const comparison of ['covers', 'touches'] as const)
        assert.equal(new NameGlob(readGlob(glob)).meets(name, comparison), expressionOf(glob).test(name));
    }),
    { numRuns: 5000 },
  );
});

test('of a wildcard name it tells whether some, and whether all names behind it fit', () => {
  // Every label of at most five letters, which is longer than the literal parts of the patterns below.
  const labels = ['a', 'b', 'c'].flatMap((first) =>
    ['', 'a', 'b', 'c', 'ab', 'bcc', 'aabb', 'cccc'].map((rest) => first + rest),
  );
  const short = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 5 });
  fc.assert(
    fc.property(fc.string({ unit: letter, maxLength: 4 }), short, (rest, glob) => {
      const expression = expressionOf(glob);
      const compiled = new NameGlob(readGlob(glob));
      const fitting = labels.filter((label) => expression.test(`${label}.${rest}`));
      if (fitting.length > 0) assert.ok(compiled.meets(`*.${rest}`, 'touches'));
      if (compiled.meets(`*.${rest}`, 'covers')) assert.equal(fitting.length, labels.length);
      if (/^\*[^?]*$/.test(glob) && fitting.length === labels.length && !glob.slice(1).includes('*'))
        assert.equal(compiled.meets(`*.${rest}`, 'covers'), true);
    }),
    { numRuns: 5000 },
  );
});

test('a pattern as long as a policy is compared with many names within a second', () => {
  const glob = new NameGlob(readGlob('*a'.repeat(3000)));
  const names = Array.from({ length: 20 }, (_, index) => `*.${'a'.repeat(250)}${index}`);
  const begunMs = performance.now();
  for (const name of names) assert.equal(glob.meets(name, 'touches'), false);
  assert.ok(performance.now() - begunMs < 1000);
});

test('only an asterisk alone is open to everything', () => {
  assert.equal(new NameGlob([anyCharacters]).isOpen, true);
  assert.equal(new NameGlob(readGlob('**')).isOpen, true);
  assert.equal(new NameGlob(readGlob('*a')).isOpen, false);
});
