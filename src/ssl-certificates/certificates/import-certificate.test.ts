import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { knownProject, unknownProject } from '../../../test/support/identity-double.ts';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import { openSqliteBench, testNowMs } from '../ssl-certificates.fixture.ts';
import {
  assertRefused,
  certificatesPath,
  dayMs,
  detailsOf,
  dns,
  exported,
  importBody,
  imported,
  make,
  pageOf,
} from './imports.fixture.ts';
import * as openssl from './openssl-certificates.fixture.ts';

const bench = await openSqliteBench();
const usual = await make({ names: dns('www.example.com', 'example.com') });
const root = await make({ commonName: 'Root', isCa: true });
const intermediate = await make({ commonName: 'Intermediate', isCa: true, issuer: root });
const leaf = await make({ issuer: intermediate });
const sm = {
  name: 'sm-pair',
  certificate: openssl.smSignCertificate,
  certificate_chain: openssl.smCa,
  private_key: openssl.smSignKey,
  enc_certificate: openssl.smEncCertificate,
  enc_private_key: openssl.smEncKey,
};

const attempt = (account: InjectedAccount, body: object) =>
  account.send('POST', `${certificatesPath}/import`, body);

async function assertSameKey(account: InjectedAccount, id: string, keyPem: string): Promise<void> {
  const { private_key: key } = await exported(account, id);
  const jwk = (pem: string) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' });
  assert.equal(jwk(key ?? ''), jwk(keyPem));
}

describe('what is imported', () => {
  test('has status UPLOAD and the names, times and algorithms of the certificate', async () => {
    const account = bench.account();
    const id = await imported(account, importBody(usual));
    assert.match(id, /^scs[0-9]{13}$/);
    const x509 = new X509Certificate(usual.certificate);
    const details = await detailsOf(account, id);
    assert.deepEqual(details, {
      id,
      name: 'test_cert',
      type: null,
      brand: null,
      status: 'UPLOAD',
      domain: 'www.example.com',
      sans: 'example.com',
      signature_algorithm: 'SHA256WITHECDSA',
      validity_period: null,
      domain_type: 'MULTI_DOMAIN',
      domain_count: 2,
      wildcard_count: 0,
      description: null,
      enterprise_project_id: '0',
      order_id: null,
      push_support: 'ON',
      revoke_reason: null,
      issue_time: '2024-02-09 10:20:30.0',
      not_before: '2024-02-09 10:20:30.0',
      not_after: '2025-03-15 10:20:30.0',
      validation_method: null,
      multi_domain_type: 'primary_single',
      fingerprint: x509.fingerprint.replaceAll(':', '').toLowerCase(),
      shared: false,
      application_info: null,
      authentification: [],
    });
    await assertSameKey(account, id, usual.private_key);
    const audits = await bench.audits(account.accountId);
    assert.deepEqual(audits.map(({ action, resource_id, result }) => [action, resource_id, result])[0], [
      'scm:cert:import',
      id,
      'success',
    ]);
  });

  test('PEM may have \\r\\n, \\n as two characters, and no line break at its ends', async () => {
    const account = bench.account();
    const forms: ((text: string) => string)[] = [
      (text) => text.replaceAll('\n', '\r\n'),
      (text) => text.replaceAll('\n', '\\n'),
      (text) => text.replaceAll('\n', '\\r\\n'),
      (text) => text.trim(),
      (text) => text.replaceAll(' CERTIFICATE-', ' X509 CERTIFICATE-'),
      (text) => `\r\n\n${text}\n\n`,
    ];
    for (const form of forms) {
      const body = {
        name: 'form',
        certificate: form(leaf.certificate),
        certificate_chain: form(intermediate.certificate + root.certificate),
        private_key: form(leaf.private_key),
      };
      const { certificate_chain: chain } = await exported(account, await imported(account, body));
      assert.equal(chain, intermediate.certificate + root.certificate);
    }
  });

  test('certificate may hold the chain, also without a line break between two', async () => {
    const account = bench.account();
    const parts = [leaf, intermediate, root].map(({ certificate }) => certificate.trim());
    for (const separator of ['\n', '']) {
      const body = { ...importBody(leaf), certificate: parts.join(separator) };
      const whole = await exported(account, await imported(account, body));
      assert.equal(whole.certificate, leaf.certificate);
      assert.equal(whole.certificate_chain, intermediate.certificate + root.certificate);
    }
  });

  test('beside certificate_chain only the first of certificate counts', async () => {
    const account = bench.account();
    const body = {
      ...importBody(leaf),
      certificate: leaf.certificate + usual.certificate,
      certificate_chain: intermediate.certificate,
    };
    const { certificate_chain: chain } = await exported(account, await imported(account, body));
    assert.equal(chain, intermediate.certificate);
  });

  test('a chain that begins with the certificate itself is the rest of it', async () => {
    const account = bench.account();
    const body = { ...importBody(leaf), certificate_chain: leaf.certificate + intermediate.certificate };
    const { certificate_chain: chain } = await exported(account, await imported(account, body));
    assert.equal(chain, intermediate.certificate);
  });

  test('empty texts are no texts', async () => {
    const account = bench.account();
    const empty = {
      certificate_chain: '',
      enc_certificate: '',
      enc_private_key: '',
      enterprise_project_id: '',
    };
    await imported(account, { ...importBody(usual), ...empty });
    await imported(account, { ...importBody(usual), certificate_chain: null, enc_certificate: null });
  });

  test('goes into the enterprise project; all and nothing are the default one', async () => {
    const account = bench.account();
    for (const [sent, expected] of [
      [knownProject, knownProject],
      ['all', '0'],
      ['0', '0'],
    ] as const) {
      const id = await imported(account, { ...importBody(usual), enterprise_project_id: sent });
      assert.equal((await detailsOf(account, id)).enterprise_project_id, expected);
    }
    const unknown = { ...importBody(usual), enterprise_project_id: unknownProject };
    assertRefused(await attempt(account, unknown), 400, 'SCM.0005', /enterprise_project_id/);
    const outsider = account.without(`scm:cert:import@${knownProject}`);
    const there = { ...importBody(usual), enterprise_project_id: knownProject };
    assertRefused(await attempt(outsider, there), 403, 'SCM.1019');
    await imported(outsider, importBody(usual));
  });
});

describe('files of OpenSSL', () => {
  const chain = `${openssl.issuingCa}\n${openssl.oldRoot}`;

  test('RSA keys in PKCS #1 and #8; the chain has algorithms that nothing here signs with', async () => {
    const account = bench.account();
    for (const private_key of [openssl.rsaPkcs1, openssl.rsaPkcs8]) {
      const body = {
        name: 'rsa',
        certificate: openssl.rsaCertificate,
        certificate_chain: chain,
        private_key,
      };
      const id = await imported(account, body);
      await assertSameKey(account, id, openssl.rsaPkcs8);
      const details = await detailsOf(account, id);
      assert.equal(details.sans, 'example.com;*.apps.example.com;192.0.2.7');
      assert.deepEqual([details.domain_count, details.wildcard_count], [4, 1]);
      assert.equal(
        (await exported(account, id)).private_key?.split('\n')[0],
        '-----BEGIN RSA PRIVATE KEY-----',
      );
    }
  });

  test('a SEC 1 key after its curve, of a wildcard certificate', async () => {
    const account = bench.account();
    const body = { name: 'ec.', certificate: openssl.ecCertificate, private_key: openssl.ecSec1 };
    const details = await detailsOf(account, await imported(account, body));
    assert.deepEqual([details.domain, details.domain_type], ['*.shop.example.com', 'WILDCARD']);
    assert.deepEqual([details.sans, details.multi_domain_type], [null, null]);
    assert.equal(details.signature_algorithm, 'SHA384WITHECDSA');
  });

  test('Ed25519, where the common name is missing', async () => {
    const account = bench.account();
    const body = { name: 'ed_25519', certificate: openssl.edCertificate, private_key: openssl.edPkcs8 };
    const details = await detailsOf(account, await imported(account, body));
    assert.deepEqual([details.domain, details.domain_type], ['ed.example.com', 'SINGLE_DOMAIN']);
  });

  test('keys with a password are refused', async () => {
    const account = bench.account();
    for (const private_key of [openssl.rsaEncrypted, openssl.rsaTraditionallyEncrypted]) {
      const body = { name: 'rsa', certificate: openssl.rsaCertificate, private_key };
      assertRefused(await attempt(account, body), 400, 'SCM.0012', /password/);
    }
  });

  test('an SM certificate has a second one to encrypt for, and cannot be deployed', async () => {
    const account = bench.account();
    for (const private_key of [openssl.smSignKey, openssl.smSignSec1]) {
      const id = await imported(account, { ...sm, private_key });
      const details = await detailsOf(account, id);
      assert.deepEqual([details.signature_algorithm, details.push_support], ['SM3WITHSM2', 'OFF']);
      const whole = await exported(account, id);
      assert.equal(whole.enc_certificate?.trim(), openssl.smEncCertificate);
      assert.match(whole.enc_private_key ?? '', /^-----BEGIN EC PRIVATE KEY-----/);
    }
  });

  test('the pair of an SM certificate is mandatory, whole, of SM2, and for it alone', async () => {
    const account = bench.account();
    const { enc_certificate, enc_private_key, ...single } = sm;
    assertRefused(await attempt(account, single), 400, 'SCM.0005', /enc_certificate/);
    assertRefused(await attempt(account, { ...single, enc_certificate }), 400, 'SCM.0005', /belong together/);
    assertRefused(await attempt(account, { ...single, enc_private_key }), 400, 'SCM.0005', /belong together/);
    const foreign = { ...sm, enc_certificate: usual.certificate, enc_private_key: usual.private_key };
    assertRefused(await attempt(account, foreign), 400, 'SCM.0005', /SM2/);
    const needless = { ...importBody(usual), enc_certificate, enc_private_key };
    assertRefused(await attempt(account, needless), 400, 'SCM.0005', /SM certificates only/);
    assertRefused(await attempt(account, { ...sm, enc_private_key: openssl.smSignKey }), 400, 'SCM.0014');
    assertRefused(await attempt(account, { ...sm, enc_private_key: 'none' }), 400, 'SCM.0012');
    assertRefused(await attempt(account, { ...sm, enc_certificate: 'none' }), 400, 'SCM.0006');
  });
});

describe('what is refused', () => {
  const account = bench.account();
  const body = importBody(usual);
  const refused = async (change: object, code: string, text?: RegExp, status = 400) =>
    assertRefused(await attempt(account, { ...body, ...change }), status, code, text);

  test('SCM.0005: what is missing or of another type', async () => {
    for (const field of ['name', 'certificate', 'private_key']) {
      const { [field]: _, ...rest } = { ...body } as Record<string, string>;
      assertRefused(await attempt(account, rest), 400, 'SCM.0005', new RegExp(field));
      await refused({ [field]: 5 }, 'SCM.0005', new RegExp(field));
    }
    await refused({ certificate: '' }, 'SCM.0005', /certificate is mandatory/);
    await refused({ private_key: ' \n' }, 'SCM.0005', /private_key is mandatory/);
    await refused({ duplicate_check: 'false' }, 'SCM.0005', /duplicate_check/);
    await refused({ enterprise_project_id: 'x' }, 'SCM.0005', /enterprise_project_id/);
  });

  test('SCM.0006: a certificate that cannot be read', async () => {
    for (const certificate of ['text', usual.private_key, usual.certificate.replace('MII', 'MIJ')])
      await refused({ certificate }, 'SCM.0006', /certificate cannot be read/);
  });

  test('SCM.0009: no domain name', async () => {
    const nameless = await make({ commonName: undefined });
    assertRefused(await attempt(account, importBody(nameless)), 400, 'SCM.0009');
    const mail = [{ type: 'EMAIL', value: 'a@example.com' }] as const;
    assertRefused(
      await attempt(account, importBody(await make({ commonName: undefined, names: mail }))),
      400,
      'SCM.0009',
    );
  });

  test('SCM.0070: a name that is none of a host', async () => {
    for (const commonName of [
      'My Server',
      'a..example.com',
      '*.*.example.com',
      'www.*.com',
      'bücher.example',
    ])
      assertRefused(await attempt(account, importBody(await make({ commonName }))), 400, 'SCM.0070');
  });

  test('a common name that is a title gives way to the alternative names', async () => {
    const titled = await make({ commonName: 'My Server', names: dns('API.example.com') });
    const details = await detailsOf(account, await imported(account, importBody(titled)));
    assert.deepEqual([details.domain, details.sans], ['api.example.com', null]);
  });

  test('SCM.0012: a private key that cannot be read, never repeated', async () => {
    for (const private_key of ['secret text', usual.certificate, usual.private_key + usual.private_key]) {
      const answer = await attempt(account, { ...body, private_key });
      assertRefused(answer, 400, 'SCM.0012');
      assert.doesNotMatch(answer.body.error_msg, /secret|MI[A-Z]/);
    }
  });

  test('SCM.0014: the key of another certificate', async () => {
    await refused({ private_key: leaf.private_key }, 'SCM.0014');
    await refused({ private_key: openssl.rsaPkcs8 }, 'SCM.0014');
  });

  test('SCM.0013 is a 500: a chain that cannot be read', async () => {
    await refused({ certificate_chain: 'text' }, 'SCM.0013', /certificate_chain/, 500);
    await refused({ certificate_chain: usual.private_key }, 'SCM.0013', /certificate_chain/, 500);
  });

  test('SCM.0079: a chain that is out of order, or does not hold', async () => {
    const chained = async (...links: readonly { certificate: string }[]) => {
      const certificate_chain = links.map(({ certificate }) => certificate).join('');
      assertRefused(await attempt(account, { ...importBody(leaf), certificate_chain }), 400, 'SCM.0079');
    };
    await chained(root, intermediate);
    await chained(intermediate, usual);
    await chained(await make({ commonName: 'Intermediate', isCa: true, issuer: root }));
    await chained(await make({ commonName: 'Intermediate' }));
    const together = { ...importBody(leaf), certificate: leaf.certificate + root.certificate };
    assertRefused(await attempt(account, together), 400, 'SCM.0079');
  });

  test('SCM.0109: a chain of nothing but the certificate', async () => {
    await refused({ certificate_chain: usual.certificate }, 'SCM.0109');
  });

  test('SCM.0032: a name of other characters or another length', async () => {
    for (const name of ['ab', 'a'.repeat(64), 'with space', 'ümlaut', 'a/b', ''])
      await refused({ name }, 'SCM.0032');
    await imported(account, { ...body, name: 'a'.repeat(63) });
    await imported(account, { ...body, name: 'A-z_0.9' });
  });

  test('SCM.0042: an expired certificate, up to the instant of its end', async () => {
    const ended = await make({ notAfterMs: testNowMs - dayMs });
    assertRefused(await attempt(account, importBody(ended)), 400, 'SCM.0042');
    const ending = await make({ notAfterMs: Math.floor(testNowMs / 1000) * 1000 + 1000 });
    await imported(account, importBody(ending));
  });

  test('SCM.0065: more characters than the field may have', async () => {
    const padded = (length: number) => `${'x'.repeat(length - usual.certificate.length)}\n`;
    await refused({ certificate: padded(12_289) + usual.certificate }, 'SCM.0065', /12288/);
    const chain = { certificate_chain: root.certificate };
    await refused({ certificate: padded(4_097) + usual.certificate, ...chain }, 'SCM.0065', /4096/);
    await refused({ certificate_chain: 'x'.repeat(8_193) }, 'SCM.0065', /certificate_chain/);
    await refused({ private_key: 'x'.repeat(4_097) }, 'SCM.0065', /private_key/);
    await imported(account, { ...body, certificate: padded(12_287) + usual.certificate });
  });

  test('SCM.1019: without the permission, also under its other name', async () => {
    for (const action of ['scm:cert:import', 'scm:cert:upload'])
      assertRefused(await attempt(account.without(action), body), 403, 'SCM.1019');
  });
});

describe('duplicate_check', () => {
  test('true and nothing let the same certificate in again, false refuses it', async () => {
    const account = bench.account();
    await imported(account, { ...importBody(usual), duplicate_check: false });
    await imported(account, { ...importBody(usual), duplicate_check: true });
    await imported(account, importBody(usual));
    const again = await attempt(account, { ...importBody(usual), duplicate_check: false });
    assertRefused(again, 400, 'SCM.0005', /duplicate_check/);
    assert.equal((await pageOf(account)).total_count, 3);
    await imported(account, { ...importBody(leaf), duplicate_check: false });
    await imported(bench.account(), { ...importBody(usual), duplicate_check: false });
  });
});
