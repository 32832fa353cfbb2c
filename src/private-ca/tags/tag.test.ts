import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../platform/errors.ts';
import { readConditions, readMatches, readNewTags, readTag, readTags } from './tag.ts';

const isIncorrect = (field: RegExp) => (error: unknown) =>
  error instanceof ServiceError && error.code === 'PCA.00020001' && field.test(error.detail ?? '');

test('a key has 1 to 128 characters: letters of any script, digits, spaces and _ . : = + - @', () => {
  for (const key of ['a', '部门', 'ñandú', 'ação', '٣', 'a b', '_.:=+-@', '𠀀'.repeat(128)])
    assert.deepEqual(readTag({ key, value: '' }, 'tag'), { key, value: '' });
  for (const key of ['', 'x'.repeat(129), 'a/b', 'a*', 'a\tb', 'a\n', '"', '<', 'a\u0000', '{}', '😀'])
    assert.throws(() => readTag({ key, value: '' }, 'tag'), isIncorrect(/^tag\.key has to be/), key);
});

test('a value has 0 to 255 characters: the same and /', () => {
  for (const value of ['', 'a/b', '值', ' ', 'x'.repeat(255), '𠀀'.repeat(255), '_.:/=+-@'])
    assert.deepEqual(readTag({ key: 'k', value }, 'tag'), { key: 'k', value });
  for (const value of ['x'.repeat(256), 'a*', 'a\n', '"', '?', '\\'])
    assert.throws(() => readTag({ key: 'k', value }, 'tag'), isIncorrect(/^tag\.value has to be/), value);
});

test('a value that is left out is the empty string', () => {
  assert.deepEqual(readTags([{ key: 'k' }]), [{ key: 'k', value: '' }]);
});

test('the field at fault is named by its place', () => {
  assert.throws(() => readTags([{ key: 'k' }, { key: '?' }]), isIncorrect(/^tags\[1\]\.key /));
  assert.throws(
    () => readConditions([{ key: 'k', values: ['a', '?'] }]),
    isIncorrect(/^tags\[0\]\.values\[1\] /),
  );
});

test('a key is written once, but may be deleted with several values', () => {
  const twice = [
    { key: 'k', value: 'a' },
    { key: 'k', value: 'b' },
  ];
  assert.throws(() => readNewTags(twice), isIncorrect(/^tags names something twice/));
  assert.deepEqual(readTags(twice), twice);
});

test('conditions have unique keys, and unique values of a key', () => {
  const condition = { key: 'k', values: ['a'] };
  assert.throws(() => readConditions([condition, condition]), isIncorrect(/^tags names something twice/));
  assert.throws(
    () => readConditions([{ key: 'k', values: ['a', 'a'] }]),
    isIncorrect(/^tags\[0\]\.values names something twice/),
  );
  assert.deepEqual(readConditions([{ key: 'k', values: [] }]), [{ key: 'k', values: [] }]);
});

test('resource_name is matched, once; other fields are not known', () => {
  assert.equal(readMatches([]), undefined);
  assert.equal(readMatches([{ key: 'resource_name', value: '*.a' }]), '*.a');
  assert.equal(readMatches([{ key: 'resource_name', value: '' }]), undefined);
  assert.equal(readMatches([{ key: 'resource_name' }]), undefined);
  assert.throws(() => readMatches([{ key: 'name', value: 'a' }]), isIncorrect(/^matches\[0\]\.key /));
  const match = { key: 'resource_name', value: 'a' };
  assert.throws(() => readMatches([match, match]), isIncorrect(/^matches names resource_name twice/));
});
