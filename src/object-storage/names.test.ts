import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeObjectKey, isBucketName, isObjectKey } from './names.ts';

test('bucket names are those of the object storage service', () => {
  const right = ['crl', 'a-b', '0.1.2', 'my.crl-files.example', 'x'.repeat(63), '1.2.3.4.5', 'a.1.2.3'];
  const wrong = [
    'ab',
    'x'.repeat(64),
    'Crl',
    'crl_files',
    '-crl',
    'crl-',
    '.crl',
    'crl.',
    'a..b',
    'a.-b',
    'a-.b',
    '192.168.0.1',
    '..',
    'a/b',
    'a\0b',
    'a%2fb',
    'ärger',
    '',
    'crl\n',
  ];
  assert.deepEqual(
    right.filter((name) => !isBucketName(name)),
    [],
  );
  assert.deepEqual(wrong.filter(isBucketName), []);
});

test('object keys are names that mean the same everywhere', () => {
  const right = ['a', 'ca.crl', 'a/b/c.crl', '...', 'a b', '%2e%2e', '根.crl', 'x'.repeat(255), '.hidden'];
  const wrong = [
    '',
    '.',
    '..',
    '/a',
    'a/',
    'a//b',
    '../a',
    'a/../b',
    'a/./b',
    'a\\b',
    '..\\a',
    'a\0.crl',
    'a\nb',
    'a\u0085b',
    '\ud800',
    'x'.repeat(256),
    `${'x'.repeat(200)}/`.repeat(6),
  ];
  assert.deepEqual(
    right.filter((key) => !isObjectKey(key)),
    [],
  );
  assert.deepEqual(wrong.filter(isObjectKey), []);
});

test('no key leaves its bucket, and every key comes back from its address', () => {
  const part = fc.oneof(fc.constantFrom('.', '..', '/', '\\', '%2e', '%2f', '\0', ' '), fc.string());
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const key = parts.join('');
      if (!isObjectKey(key)) return;
      const path = posix.join('/folder/bucket', key);
      assert.ok(path.startsWith('/folder/bucket/'));
      assert.equal(path, `/folder/bucket/${key}`);
      const { pathname } = new URL(`http://host/obs/bucket/${encodeObjectKey(key)}`);
      assert.equal(decodeURIComponent(pathname), `/obs/bucket/${key}`);
    }),
  );
});
