import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createAddressPolicy } from './address-policy.ts';

const judge = createAddressPolicy([]);
const ipv4 = (number: number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
const hex = (address: string) =>
  address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')
    .replace(/^(.{4})/, '$1:');

const refused: Readonly<Record<string, RegExp>> = {
  '0.0.0.0': /unspecified/,
  '0.1.2.3': /unspecified/,
  '10.0.0.1': /a private/,
  '100.64.0.1': /carrier-grade/,
  '100.100.100.200': /metadata/,
  '127.0.0.1': /loopback/,
  '127.255.255.254': /loopback/,
  '168.63.129.16': /metadata/,
  '169.254.1.1': /link-local/,
  '169.254.169.254': /a metadata/,
  '172.16.0.1': /private/,
  '172.31.255.255': /private/,
  '192.0.0.8': /reserved/,
  '192.0.2.1': /reserved/,
  '192.168.1.1': /private/,
  '198.18.0.1': /reserved/,
  '203.0.113.7': /reserved/,
  '224.0.0.1': /multicast/,
  '240.0.0.1': /reserved/,
  '255.255.255.255': /broadcast/,
  '::': /an unspecified/,
  '::1': /loopback/,
  '::127.0.0.1': /reserved/,
  '::8.8.8.8': /reserved/,
  '::ffff:127.0.0.1': /loopback/,
  '::ffff:7f00:1': /loopback/,
  '0:0:0:0:0:ffff:a9fe:a9fe': /metadata/,
  '::ffff:0:127.0.0.1': /reserved/,
  '64:ff9b::10.0.0.1': /private/,
  '64:ff9b::a9fe:a9fe': /metadata/,
  '64:ff9b:1::1': /reserved/,
  '100::1': /reserved/,
  '2001::1': /reserved/,
  '2001:db8::1': /reserved/,
  '2002:7f00:1::': /reserved/,
  '2002:808:808::': /reserved/,
  '2a00::5efe:7f00:1': /reserved/,
  '2a00::200:5efe:7f00:1': /reserved/,
  '3fff::1': /reserved/,
  '5f00::1': /reserved/,
  'fc00::1': /unique local/,
  'fd00:ec2::254': /metadata/,
  'fe80::1': /link-local/,
  'fe80::1%eth0': /link-local/,
  'fec0::1': /reserved/,
  'ff02::1': /multicast/,
};

describe('which addresses are connected to', () => {
  for (const [address, reason] of Object.entries(refused))
    it(`not ${address}`, () => assert.match(judge(address, 'anyone') ?? '', reason));

  it('those of the Internet', () => {
    for (const address of [
      '1.1.1.1',
      '172.32.0.1',
      '100.128.0.1',
      '2606:4700::1111',
      '::ffff:8.8.8.8',
      '64:ff9b::808:808',
    ])
      assert.equal(judge(address, 'anyone'), undefined, address);
  });

  it('nothing that is not an address', () => {
    for (const text of ['', 'localhost', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '1.2.3', ':::'])
      assert.equal(judge(text, 'operator'), 'no IP address', text);
  });

  it('those of an allowed block, in every form that reaches them', () => {
    const allowing = createAddressPolicy(['10.0.0.0/8', 'fd00::/8', '::ffff:192.168.7.0/120']);
    for (const address of ['10.9.8.7', '::ffff:10.9.8.7', '64:ff9b::10.9.8.7', 'fd12::1', '192.168.7.9'])
      assert.equal(allowing(address, 'anyone'), undefined, address);
    for (const address of ['11.0.0.1', '2606:4700::1'])
      assert.equal(allowing(address, 'anyone'), undefined, address);
    for (const address of ['172.16.0.1', 'fc00::1', '192.168.8.1', '2002:a00:1::'])
      assert.notEqual(allowing(address, 'anyone'), undefined, address);
  });

  it('a metadata address only where it is allowed by itself', () => {
    const wide = createAddressPolicy(['0.0.0.0/0', '::/0']);
    const exact = createAddressPolicy(['169.254.169.254/32', 'fd00:ec2::254/128']);
    for (const address of ['169.254.169.254', 'fd00:ec2::254', '::ffff:169.254.169.254']) {
      assert.match(wide(address, 'operator') ?? '', /metadata/);
      assert.equal(exact(address, 'anyone'), undefined);
    }
    assert.equal(wide('127.0.0.1', 'anyone'), undefined);
  });

  it('the operator’s own network, where the operator names the host', () => {
    for (const address of ['127.0.0.1', '10.0.0.1', '100.64.0.1', 'fd12::1', '::1', '::ffff:10.0.0.1'])
      assert.equal(judge(address, 'operator'), undefined, address);
    for (const address of [
      '169.254.169.254',
      '169.254.1.1',
      'fe80::1',
      'fd00:ec2::254',
      '0.0.0.0',
      '224.0.0.1',
    ])
      assert.notEqual(judge(address, 'operator'), undefined, address);
  });

  it('a mapped or translated address exactly where its IPv4 address is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
        const address = ipv4(number);
        const verdict = judge(address, 'anyone');
        for (const form of [`::ffff:${address}`, `::ffff:${hex(address)}`, `64:ff9b::${hex(address)}`])
          assert.equal(judge(form, 'anyone'), verdict, form);
      }),
    );
  });

  it('no IPv6 address outside of the global unicast block', () => {
    const parts = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(parts, (numbers) => {
        const [first = 0, second] = numbers;
        fc.pre(first >>> 13 !== 1 && !(first === 0 && second === 0) && first !== 0x64);
        assert.notEqual(judge(numbers.map((part) => part.toString(16)).join(':'), 'anyone'), undefined);
      }),
    );
  });

  it('refuses to start with what is not a CIDR', () => {
    for (const cidr of ['', '10.0.0.0', '10.0.0.0/33', 'example.com/8', '10/8/8', '::ffff:0:0/90'])
      assert.throws(() => createAddressPolicy([cidr]), RangeError, cidr);
  });
});
