import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileAddressRange } from './address-range.ts';

const holds = (range: string, address: string) => compileAddressRange(range)?.(address);

describe('address ranges of policies', () => {
  it('judge an IPv4-mapped address as IPv4, in the request and in the policy', () => {
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203']) {
      for (const range of [
        '10.0.0.0/8',
        '::ffff:10.0.0.0/104',
        '::FFFF:a00:0/104',
        '::ffff:10.1.2.3',
        '10.1.2.3',
      ])
        assert.equal(holds(range, address), true, `${range} ${address}`);
      for (const range of ['11.0.0.0/8', '::ffff:11.0.0.0/104', '::ffff:10.1.2.4', '2001:db8::/32'])
        assert.equal(holds(range, address), false, `${range} ${address}`);
    }
  });

  it('keep IPv6 apart from IPv4', () => {
    assert.equal(holds('::ffff:0:0/96', '2001:db8::1'), false);
    assert.equal(holds('0.0.0.0/0', '2001:db8::1'), false);
    assert.equal(holds('2001:db8::/32', '2001:db8::1'), true);
    assert.equal(holds('2001:db8::1', '2001:db8:0::1'), true);
  });

  it('are no other text', () => {
    for (const text of ['here', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', ''])
      assert.equal(compileAddressRange(text), undefined, text);
    assert.equal(holds('10.0.0.0/8', 'here'), false);
  });
});
