import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCertificate } from './bundle.fixture.ts';
import { coversName, dnsNamesOf } from './certificate-names.ts';

test('RFC 9525: whole names, and wildcards for one label', () => {
  const names = ['www.example.test', '*.shop.test'];
  for (const host of [
    'www.example.test',
    'WWW.Example.TEST',
    'www.example.test.',
    'a.shop.test',
    '*.shop.test',
  ])
    assert.ok(coversName(names, host), host);
  for (const host of [
    'example.test',
    'a.www.example.test',
    'shop.test',
    'a.b.shop.test',
    '.shop.test',
    '*.b.shop.test',
    '',
  ])
    assert.ok(!coversName(names, host), host);
});

test('the names are those of the certificate', async () => {
  const { certificateDer } = await testCertificate(['a.test', '*.b.test']);
  assert.deepEqual(dnsNamesOf(certificateDer), ['a.test', '*.b.test']);
});
