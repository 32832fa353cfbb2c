import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type AlternativeName, oids, subjectAlternativeNameExtension } from '../../pki/index.ts';
import {
  assertDone,
  assertRefused,
  path as caPath,
  create,
  rootBody,
} from '../authorities/authorities.fixture.ts';
import { certificateBody, csrBody, csrOf, details } from '../certificates/certificates.fixture.ts';
import { type ApiError, type BenchAccount, openSqliteBench } from '../private-ca.fixture.ts';
import { hostInCommonName } from './allowed-names.ts';
import type { IssuancePolicy } from './issuance-policy.ts';

const certificates = '/v1/private-certificates';
const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });

async function rootWith(policy: IssuancePolicy) {
  const account = bench.account();
  const caId = await create(account, rootBody);
  assertDone(await account.send('PUT', `${caPath}/${caId}/issuance-policy`, policy));
  return { account, caId };
}

type Attribute = readonly [string, string];

async function sendCsr(
  account: BenchAccount,
  caId: string,
  subject: readonly (readonly Attribute[])[],
  names: readonly AlternativeName[] = [],
) {
  const csr = await csrOf({
    subject: subject.map((rdn) => rdn.map(([type, value]) => ({ type, value }))),
    extensions: names.length > 0 ? [subjectAlternativeNameExtension(names, false)] : [],
  });
  return account.send<ApiError & { certificate_id: string }>(
    'POST',
    `${certificates}/csr`,
    csrBody(caId, csr),
  );
}

const cn = (value: string): Attribute => [oids.commonName, value];
const email = (value: string): Attribute => [oids.emailAddress, value];

describe('a subject with several values', () => {
  const policy: IssuancePolicy = { allowed_names: { common_name: ['*.good.test'], dns: ['*.good.test'] } };
  const both: [string, readonly (readonly Attribute[])[]][] = [
    ['in RDNs of their own', [[cn('a.good.test')], [cn('bank.test')]]],
    ['in one RDN', [[cn('a.good.test'), cn('bank.test')]]],
    ['the other first', [[cn('bank.test')], [cn('a.good.test')]]],
  ];
  for (const [title, subject] of both)
    test(`each common name is judged: ${title}`, async () => {
      const { account, caId } = await rootWith(policy);
      assertRefused(
        await sendCsr(account, caId, subject),
        400,
        'PCA.00020001',
        /allowed_names: the common name bank/,
      );
    });

  test('each counts as a DNS name under name constraints, also beside alternative names', async () => {
    const { account, caId } = await rootWith({ name_constraints: { permitted: { dns: ['good.test'] } } });
    const names = [{ type: 'DNS', value: 'a.good.test' }] as const;
    for (const other of ['bank.test', 'BANK.test.', ' bank.test', 'bank。test', '*.bank.test'])
      assertRefused(
        await sendCsr(account, caId, [[cn('a.good.test')], [cn(other)]], names),
        400,
        'PCA.00020001',
        /name_constraints: DNS (\*\.)?bank\.test/,
      );
    assert.equal((await sendCsr(account, caId, [[cn('A title')], [cn('a.good.test')]], names)).status, 200);
  });

  test('each e-mail address in the subject is judged', async () => {
    const { account, caId } = await rootWith({ name_constraints: { permitted: { email: ['good.test'] } } });
    const subject = [[cn('Somebody')], [email('a@good.test')], [email('a@bank.test')]];
    assertRefused(await sendCsr(account, caId, subject), 400, 'PCA.00020001', /EMAIL a@bank\.test/);
    const odd = [[cn('Somebody')], [email('"x@bank.test"@good.test')]];
    assertRefused(await sendCsr(account, caId, odd), 400, 'PCA.00020001', /EMAIL/);
    const listed = await rootWith({ allowed_names: { email: ['*@good.test'] } });
    assertRefused(await sendCsr(listed.account, listed.caId, odd), 400, 'PCA.00020001', /EMAIL/);
    const good = await sendCsr(listed.account, listed.caId, [[cn('Somebody')], [email('a@good.test')]]);
    assert.equal(good.status, 200, JSON.stringify(good.body));
  });

  test('lists and details show every value, and searches find each', async () => {
    const account = bench.account();
    const caId = await create(account, rootBody);
    const subject = [
      [cn('Users')],
      [cn('Bob')],
      [[oids.organizationalUnit, 'a'] as const],
      [[oids.organizationalUnit, 'b'] as const],
    ];
    const issued = await sendCsr(account, caId, subject);
    const shown = await details(account, issued.body.certificate_id);
    assert.equal(shown.distinguished_name.common_name, 'Users, Bob');
    assert.equal(shown.distinguished_name.organizational_unit, 'a, b');
    const found = await account.send<{ total: number }>('GET', `${certificates}?name=Bob`);
    assert.equal(found.body.total, 1);
  });
});

describe('a common name that could be a host', () => {
  test('has to be listed as a DNS name unless common_name names it', async () => {
    const attempt = async (allowed_names: NonNullable<IssuancePolicy['allowed_names']>, name: string) => {
      const { account, caId } = await rootWith({ allowed_names });
      const body = { ...certificateBody(caId), distinguished_name: { common_name: name } };
      return (await account.send('POST', certificates, body)).status;
    };
    assert.equal(await attempt({ dns: ['*.good.test'] }, 'a.good.test'), 200);
    assert.equal(await attempt({ dns: ['*.good.test'] }, 'bank.test'), 400);
    assert.equal(await attempt({ dns: ['*.good.test'] }, 'A title'), 200);
    assert.equal(await attempt({ dns: ['*.good.test'], common_name: ['*'] }, 'bank.test'), 400);
    assert.equal(await attempt({ common_name: ['*.good.test'] }, 'a.good.test'), 200);
    assert.equal(await attempt({ ip: ['10.0.0.0/8'] }, '192.0.2.1'), 400);
  });

  test('is found in whatever spelling', () => {
    const spelling = fc.tuple(
      fc.constantFrom('bank', 'BANK', 'ｂａｎｋ'),
      fc.constantFrom('.', '。'),
      fc.constantFrom('test', 'TEST'),
      fc.constantFrom('', '.'),
    );
    fc.assert(
      fc.property(spelling, fc.constantFrom('', ' '), (parts, space) => {
        assert.deepEqual(hostInCommonName(`${space}${parts.join('')}${space}`), {
          type: 'DNS',
          value: 'bank.test',
        });
      }),
    );
    assert.deepEqual(hostInCommonName('10.0.0.1'), { type: 'IP', value: '10.0.0.1' });
    for (const title of ['device-7', 'A. Title', 'Dr. Who', 'v1.0', ''])
      assert.equal(hostInCommonName(title), undefined, title);
  });
});

describe('alternative names', () => {
  const attempt = async (policy: IssuancePolicy, type: string, value: string) => {
    const { account, caId } = await rootWith(policy);
    return account.send('POST', certificates, {
      ...certificateBody(caId),
      distinguished_name: { common_name: 'a device' },
      subject_alternative_names: [{ type, value }],
    });
  };

  test('a URI fits a pattern by its parts', async () => {
    const policy: IssuancePolicy = { allowed_names: { uri: ['https://*.good.test/*'] } };
    assert.equal((await attempt(policy, 'URI', 'https://a.good.test/x')).status, 200);
    for (const uri of [
      'https://evil.test/x.good.test/',
      'https://evil.test#a.good.test/',
      'https://evil.test?a.good.test/',
      'https://a.good.test@evil.test/',
      'https://evil.test@a.good.test/',
      'https://a.good.test:8443/',
    ])
      assertRefused(await attempt(policy, 'URI', uri), 400, 'PCA.00020001', /allowed_names: URI/);
  });

  test('an IPv4 address written as IPv6 has to be permitted as either', async () => {
    const excluded: IssuancePolicy = { name_constraints: { excluded: { ip: ['10.0.0.0/8'] } } };
    assertRefused(
      await attempt(excluded, 'IP', '::ffff:10.1.2.3'),
      400,
      'PCA.00020001',
      /name_constraints: IP 10\.1\.2\.3/,
    );
    assert.equal((await attempt(excluded, 'IP', '2001:db8::1')).status, 200);
  });

  test('a wildcard fits only a pattern of all hosts that it stands for', async () => {
    const policy: IssuancePolicy = { allowed_names: { dns: ['host-*.good.test', '*.open.test'] } };
    assert.equal((await attempt(policy, 'DNS', 'host-1.good.test')).status, 200);
    assert.equal((await attempt(policy, 'DNS', '*.open.test')).status, 200);
    for (const name of ['*.good.test', 'host-1.evil.good.test', 'evilopen.test'])
      assertRefused(await attempt(policy, 'DNS', name), 400, 'PCA.00020001', /allowed_names: DNS/);
  });

  test('a UPN fits by user and realm', async () => {
    const policy: IssuancePolicy = { allowed_names: { upn: ['svc-*@corp.test'] } };
    assert.equal((await attempt(policy, 'UPN', 'svc-1@corp.test')).status, 200);
    for (const name of ['admin@corp.test', 'svc-1@corp.test.evil.test', 'svc-1@x.corp.test'])
      assertRefused(await attempt(policy, 'UPN', name), 400, 'PCA.00020001', /allowed_names: UPN/);
  });
});

test('a pattern that no name could fit is refused, with its field and form', async () => {
  const account = bench.account();
  const caId = await create(account, rootBody);
  for (const [allowed_names, field] of [
    [{ uri: ['*', '*.good.test'] }, /allowed_names\.uri\[1\] is not of the form scheme:/],
    [{ uri: ['https://good.test\\@evil.test/'] }, /allowed_names\.uri\[0\]/],
    [{ dns: ['https://good.test'] }, /allowed_names\.dns\[0\]/],
    [{ email: ['*good.test'] }, /allowed_names\.email\[0\]/],
    [{ upn: ['admin'] }, /allowed_names\.upn\[0\]/],
  ] as const)
    assertRefused(
      await account.send('PUT', `${caPath}/${caId}/issuance-policy`, { allowed_names }),
      400,
      'PCA.00020001',
      field,
    );
});
