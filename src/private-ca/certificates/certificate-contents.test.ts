import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { oids, readDer, toText } from '../../pki/index.ts';
import { assertRefused } from '../authorities/authorities.fixture.ts';
import {
  certificateBody,
  certificateOf,
  createRoot,
  exportedFields,
  issue,
  openSqliteBench,
  path,
} from './certificates.fixture.ts';

const bench = await openSqliteBench();
const account = bench.account();
const root = await createRoot(account);
const send = (changes: object) => account.send('POST', path, { ...certificateBody(root), ...changes });

describe('createCertificate, what is in it', () => {
  test('there are at most 20 alternative names, of type DNS, IP, EMAIL, URI or UPN', async () => {
    const names = [
      { type: 'DNS', value: '*.example.com' },
      { type: 'IP', value: '156.127.116.38' },
      { type: 'IP', value: '2001:db8::1' },
      { type: 'EMAIL', value: 'a@example.com' },
      { type: 'URI', value: 'spiffe://example.com/a' },
      { type: 'UPN', value: '用户@example.com' },
      ...Array.from({ length: 14 }, (_, index) => ({ type: 'DNS', value: `h${index}.example.com` })),
    ];
    const certificate = await certificateOf(
      account,
      await issue(account, root, { subject_alternative_names: names }),
    );
    assert.deepEqual(certificate.known.subjectAlternativeNames, names);
    const extension = certificate.extensions.find(({ oid }) => oid === oids.subjectAlternativeName);
    assert.equal(extension?.critical, false);
    const tooMany = [...names, { type: 'DNS', value: 'one.more' }];
    assertRefused(
      await send({ subject_alternative_names: tooMany }),
      400,
      'PCA.00020001',
      /subject_alternative_names/,
    );
  });

  test('a wrong alternative name has the code of its type', async () => {
    const named = (type: unknown, value: unknown) => send({ subject_alternative_names: [{ type, value }] });
    assertRefused(await named('DNS', 'a b'), 400, 'PCA.00020110', /subject_alternative_names\[0\].value/);
    assertRefused(await named('DNS', 'a'.repeat(254)), 400, 'PCA.00020110', /253/);
    assertRefused(await named('DNS', 5), 400, 'PCA.00020110', /subject_alternative_names\[0\].value/);
    assertRefused(
      await named('IP', '1.2.3.256'),
      400,
      'PCA.00020111',
      /subject_alternative_names\[0\].value/,
    );
    assertRefused(await named('DIRNAME', 'CN=a'), 400, 'PCA.00020112', /subject_alternative_names\[0\].type/);
    assertRefused(await named(undefined, 'a'), 400, 'PCA.00020112', /subject_alternative_names\[0\].type/);
    assertRefused(await named('EMAIL', 'a'), 400, 'PCA.00020001', /subject_alternative_names\[0\].value/);
    assertRefused(await named('URI', 'a'), 400, 'PCA.00020001', /subject_alternative_names\[0\].value/);
    assertRefused(await named('UPN', 'a'), 400, 'PCA.00020001', /subject_alternative_names\[0\].value/);
  });

  test('every flag of extended_key_usage defaults to false, and each names its purpose', async () => {
    assert.equal(
      (await certificateOf(account, await issue(account, root))).known.extendedKeyUsage,
      undefined,
    );
    const purposes = {
      server_auth: '1.3.6.1.5.5.7.3.1',
      client_auth: '1.3.6.1.5.5.7.3.2',
      code_signing: '1.3.6.1.5.5.7.3.3',
      email_protection: '1.3.6.1.5.5.7.3.4',
      time_stamping: '1.3.6.1.5.5.7.3.8',
      smart_card_logon: '1.3.6.1.4.1.311.20.2.2',
    };
    for (const [flag, purpose] of Object.entries(purposes)) {
      const id = await issue(account, root, { extended_key_usage: { [flag]: true } });
      assert.deepEqual((await certificateOf(account, id)).known.extendedKeyUsage, [purpose]);
    }
    assertRefused(
      await send({ extended_key_usage: { server_auth: 'true' } }),
      400,
      'PCA.00020001',
      /server_auth/,
    );
  });

  test('server_auth and client_auth make a certificate for servers and for clients', async () => {
    const id = await issue(account, root, { extended_key_usage: { server_auth: true, client_auth: true } });
    const { keyUsage } = new X509Certificate((await exportedFields(account, id)).certificate!);
    assert.deepEqual(keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  test('customized_extension adds one extension, its value as a UTF8String', async () => {
    const customized_extension = { object_identifier: '1.3.6.1.4.1.2011.4.99', value: 'v'.repeat(64) };
    const certificate = await certificateOf(account, await issue(account, root, { customized_extension }));
    const extension = certificate.extensions.find(
      ({ oid }) => oid === customized_extension.object_identifier,
    )!;
    assert.equal(extension.critical, false);
    assert.equal(toText(readDer(extension.value)), customized_extension.value);
    const wrong = { '2.5.29.17': 'x', '1.2': 'v'.repeat(65), nonsense: 'x', ['1.2.'.repeat(16) + '3']: 'x' };
    for (const [object_identifier, value] of Object.entries(wrong)) {
      const answer = await send({ customized_extension: { object_identifier, value } });
      assertRefused(answer, 400, 'PCA.00020001', /customized_extension/);
    }
  });

  test('key_usages is a list of RFC 5280 names; without one it follows from the key', async () => {
    const usages = ['digitalSignature', 'nonRepudiation', 'dataEncipherment', 'keyAgreement', 'decipherOnly'];
    const certificate = await certificateOf(account, await issue(account, root, { key_usages: usages }));
    assert.deepEqual(certificate.known.keyUsage, usages);
    assert.equal(certificate.extensions.find(({ oid }) => oid === oids.keyUsage)?.critical, true);
    const usual = await certificateOf(account, await issue(account, root));
    assert.deepEqual(usual.known.keyUsage, ['digitalSignature', 'keyAgreement']);
    const rsa = await certificateOf(account, await issue(account, root, { key_algorithm: 'RSA2048' }));
    assert.deepEqual(rsa.known.keyUsage, ['digitalSignature', 'keyEncipherment']);
    assertRefused(
      await send({ key_usages: ['keyCertSign'] }),
      400,
      'PCA.00020001',
      /key_usages holds keyCertSign/,
    );
    assertRefused(await send({ key_usages: ['signing'] }), 400, 'PCA.00020001', /key_usages\[0\]/);
  });
});
