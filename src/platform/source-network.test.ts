import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceNetwork } from './source-network.ts';

test('a source is an IPv4 address, mapped or not, or the /64 of an IPv6 address', () => {
  assert.equal(sourceNetwork('192.0.2.1'), '192.0.2.1');
  assert.equal(sourceNetwork('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(sourceNetwork('::ffff:c000:201'), '192.0.2.1');
  assert.equal(sourceNetwork('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(sourceNetwork('2001:db8:1:2::ffff'), sourceNetwork('2001:db8:1:2:3:4:5:6'));
  assert.notEqual(sourceNetwork('2001:db8:1:3::1'), sourceNetwork('2001:db8:1:2::1'));
  assert.equal(sourceNetwork('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(sourceNetwork(undefined), 'unknown');
});
