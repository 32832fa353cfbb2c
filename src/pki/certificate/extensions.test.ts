import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { der } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { encodeName, nameFromAttributes, parseName } from '../names/distinguished-name.ts';
import { oids } from '../oids.ts';
import { customExtension, type Extension } from './extension.ts';
import {
  authorityInfoAccessExtension,
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  certificatePoliciesExtension,
  crlDistributionPointsExtension,
  decodeExtensions,
  extendedKeyUsageExtension,
  keyUsageExtension,
  keyUsages,
  nameConstraintsExtension,
  subjectAlternativeNameExtension,
  subjectKeyIdentifierExtension,
} from './extensions/index.ts';
import type { AlternativeName, GeneralName } from './general-name.ts';

const decode = (...extensions: Extension[]) => decodeExtensions(extensions).known;
const directory = parseName(encodeName(nameFromAttributes({ commonName: 'a', country: 'CN' })));

test('every extension reads back as it was built, with the criticality of RFC 5280', () => {
  fc.assert(
    fc.property(fc.subarray([...keyUsages], { minLength: 1 }), (usages) => {
      const extension = keyUsageExtension(usages);
      assert.ok(extension.critical);
      assert.deepEqual(decode(extension).keyUsage, usages);
    }),
  );
  for (const pathLength of [undefined, 0, 6, 200]) {
    const extension = basicConstraintsExtension(true, pathLength);
    assert.ok(extension.critical);
    assert.deepEqual(decode(extension).basicConstraints, { ca: true, pathLength });
  }
  assert.deepEqual(decode(basicConstraintsExtension(false)).basicConstraints, {
    ca: false,
    pathLength: undefined,
  });
  assert.equal(basicConstraintsExtension(false).value.length, 2);
  assert.deepEqual(decode(extendedKeyUsageExtension([oids.serverAuth])).extendedKeyUsage, [oids.serverAuth]);
  const identifier = Buffer.alloc(20, 7);
  assert.deepEqual(
    Buffer.from(decode(subjectKeyIdentifierExtension(identifier)).subjectKeyIdentifier!),
    identifier,
  );
  const authority = decode(authorityKeyIdentifierExtension(identifier)).authorityKeyIdentifier!;
  assert.deepEqual(Buffer.from(authority.keyIdentifier!), identifier);
  const policies = [
    { oid: '2.5.29.32.0', cpsUris: [] },
    { oid: '2.25.9', cpsUris: ['http://example.com/cps'] },
  ];
  assert.deepEqual(decode(certificatePoliciesExtension(policies)).certificatePolicies, policies);
});

test('addresses of CRLs, OCSP responders and issuers read back', () => {
  const long = `http://example.com/${'x'.repeat(200)}.crl`;
  const points = decode(crlDistributionPointsExtension([long, 'ldap://example.com/a']))
    .crlDistributionPoints!;
  assert.deepEqual(
    points.map((point) => point.fullName),
    [[{ type: 'URI', value: long }], [{ type: 'URI', value: 'ldap://example.com/a' }]],
  );
  const access = authorityInfoAccessExtension({ ocsp: [long], caIssuers: ['http://example.com/ca.crt'] });
  assert.deepEqual(decode(access).authorityInfoAccess, [
    { method: oids.ocspAccess, location: { type: 'URI', value: long } },
    { method: oids.caIssuersAccess, location: { type: 'URI', value: 'http://example.com/ca.crt' } },
  ]);
});

test('alternative names of all types read back', () => {
  const names: GeneralName[] = [
    { type: 'DNS', value: '*.example.com' },
    { type: 'DNS', value: '_service.example.com' },
    { type: 'IP', value: '192.0.2.1' },
    { type: 'IP', value: '2001:db8::1' },
    { type: 'EMAIL', value: 'someone@example.com' },
    { type: 'URI', value: 'spiffe://example.com/workload' },
    { type: 'UPN', value: 'user@域.example' },
    { type: 'DIRECTORY', name: directory },
    { type: 'REGISTERED_ID', oid: '1.2.3' },
  ];
  assert.deepEqual(decode(subjectAlternativeNameExtension(names)).subjectAlternativeNames, names);
});

test('alternative names that are none are not written', () => {
  const wrong: AlternativeName[] = [
    { type: 'DNS', value: '' },
    { type: 'DNS', value: 'a b' },
    { type: 'DNS', value: 'a..b' },
    { type: 'DNS', value: 'a.*.b' },
    { type: 'DNS', value: '-a.example' },
    { type: 'DNS', value: '例.example' },
    { type: 'DNS', value: 'a\0.example' },
    { type: 'DNS', value: `${'a'.repeat(64)}.example` },
    { type: 'DNS', value: `${'a.'.repeat(127)}ab` },
    { type: 'IP', value: '192.0.2' },
    { type: 'EMAIL', value: 'example.com' },
    { type: 'EMAIL', value: 'Some One <a@example.com>' },
    { type: 'URI', value: '/relative' },
    { type: 'URI', value: 'http://例' },
    { type: 'UPN', value: '' },
    { type: 'UPN', value: 'a\0' },
  ];
  for (const name of wrong)
    assert.throws(() => subjectAlternativeNameExtension([name]), MalformedError, name.value);
  assert.throws(() => subjectAlternativeNameExtension([]), MalformedError);
});

test('name constraints read back, and ranges keep to their prefix', () => {
  const constraints = {
    permitted: [
      { type: 'DNS', value: 'example.com' },
      { type: 'IP', value: '10.0.0.0/8' },
      { type: 'IP', value: '2001:db8::/33' },
      { type: 'DIRECTORY', name: directory },
    ],
    excluded: [
      { type: 'EMAIL', value: '.example.com' },
      { type: 'URI', value: 'host.example.com' },
      { type: 'IP', value: '0.0.0.0/0' },
      { type: 'IP', value: '192.0.2.1/32' },
    ],
  } satisfies { permitted: GeneralName[]; excluded: GeneralName[] };
  const extension = nameConstraintsExtension(constraints);
  assert.ok(extension.critical);
  assert.deepEqual(decode(extension).nameConstraints, constraints);
  for (const value of ['10.0.0.1/8', '10.0.0.0/33', '10.0.0.0', '10.0.0.0/8/8', '10.0.0.0/x']) {
    assert.throws(
      () => nameConstraintsExtension({ permitted: [{ type: 'IP', value }], excluded: [] }),
      MalformedError,
    );
  }
});

test('malformed contents of known extensions are refused', () => {
  const empty = der.sequence();
  const wrong: [string, Uint8Array][] = [
    [oids.keyUsage, der.namedBitString([])],
    [oids.keyUsage, der.bitString(Uint8Array.of(0x80, 0x00))],
    [oids.keyUsage, der.octetString(empty)],
    [oids.extendedKeyUsage, empty],
    [oids.basicConstraints, der.sequence(der.integer(0))],
    [oids.basicConstraints, der.sequence(der.boolean(true), der.integer(-1))],
    [oids.subjectAlternativeName, empty],
    [oids.subjectAlternativeName, der.sequence(der.implicit(2, Buffer.from('a\0b')))],
    [oids.subjectAlternativeName, der.sequence(der.implicit(7, Buffer.alloc(5)))],
    [oids.subjectAlternativeName, der.set(der.implicit(2, Buffer.from('a')))],
    [oids.subjectKeyIdentifier, der.octetString(new Uint8Array())],
    [oids.authorityKeyIdentifier, der.sequence(der.implicit(2, Uint8Array.of(1)))],
    [oids.nameConstraints, empty],
    [oids.crlDistributionPoints, der.sequence(empty)],
    [oids.authorityInfoAccess, empty],
    [oids.certificatePolicies, der.sequence(der.sequence(der.oid('1.2')), der.sequence(der.oid('1.2')))],
    [oids.keyUsage, Buffer.concat([der.namedBitString([true]), Buffer.alloc(1)])],
  ];
  for (const [oid, value] of wrong) {
    assert.throws(
      () => decode(customExtension(oid, value)),
      MalformedError,
      `${oid} ${Buffer.from(value).toString('hex')}`,
    );
  }
});

test('arbitrary contents are decoded or refused by MalformedError', () => {
  const known = fc.constantFrom(...Object.values(oids).filter((oid) => oid.startsWith('2.5.29.')));
  const part = fc.tuple(
    fc.constantFrom(0x30, 0x80, 0xa0, 0xa1, 0x82, 0x87, 0x06, 0x02, 0x03),
    fc.uint8Array({ maxLength: 9 }),
  );
  const value = fc
    .array(part, { maxLength: 4 })
    .map((parts) => der.sequence(...parts.map(([tag, content]) => der.tagged(tag, content))));
  fc.assert(
    fc.property(known, fc.oneof(value, fc.uint8Array({ maxLength: 30 })), (oid, bytes) => {
      try {
        decode(customExtension(oid, bytes));
      } catch (error) {
        assert.ok(error instanceof MalformedError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
