import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listStandards } from './list-standards.ts';

// The documents name what the code has, and nothing else: what one of them says is looked up in the other.
const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8');
const unique = (matches: Iterable<RegExpMatchArray>) =>
  [...new Set([...matches].map((match) => match[1] ?? ''))].sort();

test("the README's table has every variable of the configuration", () => {
  const readByCode = unique(read('src/platform/config.ts').matchAll(/variables\.\w+\(\s*'([A-Z0-9_]+)'/g));
  const documented = unique(read('README.md').matchAll(/^\| `OPENCCM_([A-Z0-9_]+)`/gm));
  assert.ok(readByCode.length > 10);
  assert.deepEqual(documented, readByCode);
});

test('docs/standards.md lists the sections that the code cites; `npm run standards` writes the list', () => {
  const listed = listStandards(root);
  assert.ok(listed.split('\n').length > 20, 'citations are found');
  assert.ok(read('docs/standards.md').endsWith(listed), 'run `npm run standards`');
});

test('every link between the documents leads somewhere', () => {
  for (const file of globSync(['*.md', 'docs/**/*.md', 'src/**/*.md'], { cwd: root })) {
    for (const [, target = ''] of read(file).matchAll(/\]\((?!\w+:)([^)#\s]+)/g)) {
      const found = globSync(target, { cwd: `${root}/${file}/..` });
      assert.ok(found.length > 0, `${file} links to ${target}`);
    }
  }
});

test('every promise of SECURITY.md names a test that there is', () => {
  const promises = [...read('SECURITY.md').matchAll(/^\| .+ \| `(.+\.test\.ts)`: (.+) \|$/gm)];
  assert.ok(promises.length > 40);
  for (const [line, file = '', name = ''] of promises) {
    const path = /^(src|test)\//.test(file) ? file : `src/iam/${file}`;
    // A name that is put together in the code has `${...}` where the document has other words.
    assert.ok(read(path).includes(name), `${path} has no test "${name}": ${line}`);
  }
});
