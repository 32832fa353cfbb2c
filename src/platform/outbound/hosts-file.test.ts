import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesInHosts } from './hosts-file.ts';

const text = [
  '# a comment with 192.0.2.9 store.example.test',
  '127.0.0.1\tlocalhost',
  '192.0.2.1  store.example.test Store # and more: other.example.test',
  '2001:db8::1 store.example.test',
  'no-address store.example.test',
].join('\r\n');

test('all addresses of a name are found, whatever its letter case, and comments are none', () => {
  assert.deepEqual(addressesInHosts(text, 'STORE.example.test'), ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(addressesInHosts(text, 'store'), ['192.0.2.1']);
  assert.deepEqual(addressesInHosts(text, 'other.example.test'), []);
  assert.deepEqual(addressesInHosts(text, ''), []);
});
