import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { der, tags } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import {
  attributesOfName,
  type DistinguishedName,
  encodeName,
  nameFromAttributes,
  parseName,
} from './distinguished-name.ts';
import { formatIpAddress, parseIpAddress } from './ip-address.ts';
import { nameToString } from './name-string.ts';
import { nameStartsWith, sameName } from './same-name.ts';

const anyText = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
const attribute = fc.record({
  type: fc.constantFrom(oids.commonName, oids.organization, '2.25.3'),
  value: anyText,
});

test('a name reads back as it was encoded', () => {
  fc.assert(
    fc.property(fc.array(fc.array(attribute, { minLength: 1, maxLength: 3 }), { maxLength: 5 }), (name) => {
      const encoded = encodeName(name);
      const parsed = parseName(encoded);
      assert.deepEqual(encodeName(parsed), encoded);
      assert.ok(sameName(parsed, name));
    }),
  );
  for (const value of [
    der.bmpString('é☃'),
    der.universalString('😀'),
    der.tagged(tags.teletexString, Buffer.from('é', 'latin1')),
    der.tagged(tags.printableString, Buffer.from('*.example.com')),
  ]) {
    const encoded = der.sequence(der.set(der.sequence(der.oid(oids.commonName), value)));
    assert.deepEqual(encodeName(parseName(encoded)), encoded);
  }
});

test('arbitrary bytes are a name or a MalformedError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        parseName(der.sequence(der.set(der.sequence(der.oid(oids.commonName), bytes))));
      } catch (error) {
        assert.ok(error instanceof MalformedError);
      }
    }),
  );
});

test('the six attributes come in the order CN, C, ST, L, O, OU, with C printable and the others UTF-8', () => {
  const attributes = {
    commonName: '中文 example',
    country: 'CN',
    state: 'sichuan',
    locality: 'chengdu',
    organization: 'huawei, inc',
    organizationalUnit: 'cloud',
  };
  const name = parseName(encodeName(nameFromAttributes(attributes)));
  assert.deepEqual(attributesOfName(name), attributes);
  assert.deepEqual(
    name.map(([only]) => [only!.type.split('.').at(-1), only!.tag]),
    [
      ['3', tags.utf8String],
      ['6', tags.printableString],
      ['8', tags.utf8String],
      ['7', tags.utf8String],
      ['10', tags.utf8String],
      ['11', tags.utf8String],
    ],
  );
  assert.equal(nameToString(name), 'OU=cloud,O=huawei\\, inc,L=chengdu,ST=sichuan,C=CN,CN=中文 example');
  assert.deepEqual(nameFromAttributes({ commonName: 'a', country: '' }), [
    [{ type: oids.commonName, value: 'a' }],
  ]);
  assert.throws(() => encodeName(nameFromAttributes({ country: '中国' })), MalformedError);
});

test('NUL and empty RDNs are refused', () => {
  assert.throws(() => nameFromAttributes({ commonName: 'a\0b' }), MalformedError);
  assert.throws(() => parseName(encodeName([[{ type: oids.commonName, value: 'a\0b' }]])), /NUL/);
  assert.throws(() => parseName(der.sequence(der.set())), MalformedError);
});

test('RFC 4514 escapes', () => {
  const only = (value: string): DistinguishedName => [[{ type: oids.commonName, value }]];
  assert.equal(nameToString(only('#a "b" <c>; d+e=f\\ ')), 'CN=\\#a \\"b\\" \\<c\\>\\; d\\+e=f\\\\\\ ');
  assert.equal(nameToString(only(' a')), 'CN=\\ a');
  assert.equal(nameToString([[{ type: '2.25.3', value: 'x' }, ...only('y')[0]!]]), '2.25.3=x+CN=y');
});

test('names are compared without regard to case, spacing and string type, but with regard to order', () => {
  const name = (value: string, tag?: number): DistinguishedName => [
    [{ type: oids.country, value: 'CN' }],
    [tag === undefined ? { type: oids.commonName, value } : { type: oids.commonName, value, tag }],
  ];
  assert.ok(sameName(name('Example  CA '), name(' example ca', tags.printableString)));
  assert.ok(sameName(name('ÉCOLE'), name('e\u0301cole')));
  assert.ok(!sameName(name('Example CA'), name('ExampleCA')));
  assert.ok(!sameName(name('a'), [...name('a')].reverse()));
  assert.ok(!sameName(name('a'), name('a').slice(1)));
  assert.ok(nameStartsWith(name('a'), name('b').slice(0, 1)));
  assert.ok(!nameStartsWith(name('a').slice(0, 1), name('a')));
});

test('IP addresses in text and octets', () => {
  const octets = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(octets, (address) => assert.deepEqual(parseIpAddress(formatIpAddress(address)), address)),
  );
  fc.assert(fc.property(fc.ipV6(), (text) => assert.equal(parseIpAddress(text).length, 16)));
  assert.equal(formatIpAddress(parseIpAddress('2001:DB8:0:0:1:0:0:1')), '2001:db8::1:0:0:1');
  assert.equal(formatIpAddress(parseIpAddress('::ffff:192.0.2.1')), '::ffff:c000:201');
  assert.equal(formatIpAddress(new Uint8Array(16)), '::');
  for (const wrong of [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'g::',
  ]) {
    assert.throws(() => parseIpAddress(wrong), MalformedError, wrong);
  }
  for (const wrong of [
    '1:2:3:4:5:6:7::8',
    '::1.2.3',
    '1.2.3.4::',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    `::${'0'.repeat(50)}`,
  ]) {
    assert.throws(() => parseIpAddress(wrong), MalformedError, wrong);
  }
});
