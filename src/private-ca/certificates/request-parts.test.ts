import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { customizedExtensionProblem, customizedExtensionValue } from './customized-extension.ts';
import { defaultKeyUsages, endEntityUsageProblem, orderedUsages } from './end-entity-usage.ts';
import { extendedKeyUsageIsCritical, extendedKeyUsages } from './extended-key-usage.ts';
import { attachment, zipName } from './zip-name.ts';

test('default key usages follow the key', () => {
  assert.deepEqual(defaultKeyUsages('RSA4096'), ['digitalSignature', 'keyEncipherment']);
  assert.deepEqual(defaultKeyUsages('EC384'), ['digitalSignature', 'keyAgreement']);
  assert.deepEqual(defaultKeyUsages('SM2'), ['digitalSignature', 'nonRepudiation']);
});

test('a certificate that is not of a CA has no keyCertSign (RFC 5280 §4.2.1.9)', () => {
  assert.match(endEntityUsageProblem(['digitalSignature', 'keyCertSign'])!, /keyCertSign/);
  assert.match(endEntityUsageProblem(['encipherOnly'])!, /keyAgreement/);
  assert.equal(endEntityUsageProblem(['keyAgreement', 'encipherOnly', 'cRLSign']), undefined);
  assert.deepEqual(orderedUsages(['cRLSign', 'digitalSignature', 'cRLSign']), [
    'digitalSignature',
    'cRLSign',
  ]);
});

test('extended key usage flags name their purposes; all false is no extension', () => {
  const all = { server_auth: true, client_auth: true, code_signing: true, email_protection: true };
  assert.deepEqual(extendedKeyUsages({ ...all, time_stamping: true, smart_card_logon: true }), [
    '1.3.6.1.5.5.7.3.1',
    '1.3.6.1.5.5.7.3.2',
    '1.3.6.1.5.5.7.3.3',
    '1.3.6.1.5.5.7.3.4',
    '1.3.6.1.5.5.7.3.8',
    '1.3.6.1.4.1.311.20.2.2',
  ]);
  assert.deepEqual(extendedKeyUsages({ server_auth: false }), []);
  assert.ok(extendedKeyUsageIsCritical(extendedKeyUsages({ time_stamping: true })));
  assert.ok(!extendedKeyUsageIsCritical(extendedKeyUsages({ time_stamping: true, server_auth: true })));
});

test('a customized extension has an object identifier of its own and a UTF8String', () => {
  assert.equal(customizedExtensionProblem('1.3.6.1.4.1.2011.4.99'), undefined);
  assert.equal(Buffer.from(customizedExtensionValue('值')).toString('hex'), '0c03e580bc');
  for (const wrong of [
    '1',
    '3.1',
    '1.40.1',
    '1..2',
    'a.b',
    '1.2.',
    ' 1.2',
    '1.2.03',
    '2.5.29.17',
    '1.3.6.1.5.5.7.1.1',
  ]) {
    assert.ok(customizedExtensionProblem(wrong), wrong);
  }
});

test('the name of the ZIP climbs into no folder and survives every client', () => {
  assert.equal(zipName('test', 'APACHE'), 'test_apache.zip');
  assert.equal(zipName('../../etc/passwd', 'IIS'), '__.._etc_passwd_iis.zip');
  assert.equal(zipName('*.example.com', 'NGINX'), '_.example.com_nginx.zip');
  assert.equal(zipName('a\r\nb: c', 'OTHER'), 'a__b_ c_other.zip');
  assert.equal(zipName('', 'OTHER'), 'certificate_other.zip');
  assert.equal(attachment('test_apache.zip'), 'attachment; filename="test_apache.zip"');
  assert.equal(
    attachment("测试 'a'_other.zip"),
    `attachment; filename="__ 'a'_other.zip"; filename*=UTF-8''%E6%B5%8B%E8%AF%95%20%27a%27_other.zip`,
  );
});

test('no common name breaks out of the header or of the folder', () => {
  const names = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('.', '/', '\\', '"', '\r', '\n', ';', '%', 'a') }),
  );
  fc.assert(
    fc.property(names, (name) => {
      const fileName = zipName(name, 'OTHER');
      assert.doesNotMatch(fileName, /^\.|[/\\:*?"<>|\p{Cc}]/u);
      const header = attachment(fileName);
      assert.match(
        header,
        /^attachment; filename="[^"\\]+_other\.zip"(; filename\*=UTF-8''[A-Za-z0-9%!~_.-]+)?$/,
      );
      assert.match(header, /^[\x20-\x7e]+$/);
    }),
    { numRuns: 2000 },
  );
});
