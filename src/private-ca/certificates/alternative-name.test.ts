import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeGeneralName, readDer, readGeneralName } from '../../pki/index.ts';
import { type AlternativeNameType, certificateName } from './alternative-name.ts';

const accepts = (type: AlternativeNameType, value: string, expected = value) =>
  assert.deepEqual(certificateName({ type, value }), { name: { type, value: expected } }, value);
const refuses = (type: AlternativeNameType, ...values: string[]) => {
  for (const value of values) assert.ok('problem' in certificateName({ type, value }), `${type} ${value}`);
};

test('DNS names of RFC 1034 and 1123, with a wildcard as the whole first label', () => {
  accepts('DNS', 'www.example.com');
  accepts('DNS', 'localhost');
  accepts('DNS', '3com.example');
  accepts('DNS', '*.example.com');
  accepts('DNS', `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`);
  refuses('DNS', '', '.', 'a..b', 'example.com.', '-a.com', 'a-.com', 'a_b.com', 'a b.com', 'a\u0000.com');
  refuses('DNS', '*', '*.', 'a.*.com', '*a.com', 'a*.com', '*.*.com', '10.0.0.1', `${'a'.repeat(64)}.com`);
  refuses('DNS', `${'a.'.repeat(126)}aa`, 'https://example.com', 'example.com:443', 'a.123');
});

test('internationalised DNS names become A-labels, and only true A-labels look like one', () => {
  accepts('DNS', '例子.中国', 'xn--fsqu00a.xn--fiqs8s');
  accepts('DNS', '*.bücher.example', '*.xn--bcher-kva.example');
  accepts('DNS', 'xn--bcher-kva.example');
  refuses('DNS', 'xn--a.example', 'ab--cd.example', `${'例'.repeat(80)}.com`);
});

test('IP addresses of both families', () => {
  for (const address of [
    '192.0.2.1',
    '2001:db8::1',
    '::',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '::ffff:1.2.3.4',
  ]) {
    accepts('IP', address);
  }
  refuses(
    'IP',
    '',
    '256.1.1.1',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4/24',
    'fe80::1%eth0',
    '[::1]',
    'example.com',
    '1:2',
  );
});

test('e-mail addresses, with the domain as A-labels', () => {
  accepts('EMAIL', 'user.name+tag@example.com');
  accepts('EMAIL', 'user@bücher.example', 'user@xn--bcher-kva.example');
  refuses(
    'EMAIL',
    '',
    'user',
    '@example.com',
    'user@',
    'ü@example.com',
    'a b@example.com',
    'a@b@c',
    '.a@b.com',
  );
  refuses('EMAIL', 'u@*.example.com', `${'a'.repeat(65)}@example.com`, 'a\u0000@example.com', 'a@x_y.com');
});

test('absolute URIs', () => {
  for (const uri of [
    'spiffe://example.org/ns/a',
    'urn:uuid:1',
    'https://[2001:db8::1]:8443/x?y#z',
    'http://u@192.0.2.1',
  ]) {
    accepts('URI', uri);
  }
  refuses(
    'URI',
    '',
    'example.com',
    'http:',
    'http:///x',
    'http://bad host',
    'http://例子',
    'http://a/%zz',
    '://a',
    'http://[1]/',
  );
});

test('user principal names in any script', () => {
  accepts('UPN', 'user@example.com');
  accepts('UPN', '用户@公司');
  refuses('UPN', '', 'user', '@realm', 'user@', 'a@b@c', 'a b@c', 'a\u0000@b', '\ud800@b');
});

test('each type has its own longest value', () => {
  const limits = { DNS: 253, IP: 39, EMAIL: 256, URI: 253, UPN: 256 } as const;
  for (const [type, limit] of Object.entries(limits) as [AlternativeNameType, number][]) {
    const checked = certificateName({ type, value: 'x'.repeat(limit + 1) });
    assert.ok('problem' in checked && checked.problem === `is longer than ${limit} characters`);
  }
  accepts('UPN', `${'u'.repeat(128)}@${'r'.repeat(127)}`);
  accepts('URI', `urn:${'x'.repeat(249)}`);
});

test('whatever is accepted can be encoded, and is read back as it was', () => {
  const types = ['DNS', 'IP', 'EMAIL', 'URI', 'UPN'] as const;
  const pieces = fc.constantFrom(
    'a',
    'Z9',
    '-',
    '.',
    '*.',
    '_',
    '@',
    ':',
    '//',
    '[::1]',
    '1',
    '例',
    'xn--',
    '%41',
    ' ',
    '\0',
    '[',
    '?',
  );
  const values = fc.oneof(
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.domain(),
    fc.emailAddress(),
    fc.ipV4(),
    fc.ipV6(),
    fc.webUrl(),
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...types), values, (type, value) => {
      const checked = certificateName({ type, value });
      if ('problem' in checked) return;
      accepted += 1;
      const read = readGeneralName(readDer(encodeGeneralName(checked.name)));
      // One address has many texts.
      if (type !== 'IP') assert.deepEqual(read, checked.name);
    }),
    { numRuns: 3000 },
  );
  assert.ok(accepted > 300, `${accepted} were accepted`);
});
