import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  extendedKeyUsageExtension,
  nameFromAttributes,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import {
  activationBody,
  assertDone,
  assertRefused,
  certificateOf as authorityCertificateOf,
  create,
  path,
  pendingBody,
  post,
  rootBody,
  scheduleDeletion,
  subordinateBody,
  usedQuota,
} from '../authorities/authorities.fixture.ts';
import {
  certificateBody,
  certificateOf,
  countOf,
  csrBody,
  csrOf,
  issue,
} from '../certificates/certificates.fixture.ts';
import { type BenchAccount, benchMigrations, openBench, openSqliteBench } from '../private-ca.fixture.ts';
import type { IssuancePolicy } from './issuance-policy.ts';

const certificates = '/v1/private-certificates';
const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });

const policyPath = (caId: string) => `${path}/${caId}/issuance-policy`;
const put = (account: BenchAccount, caId: string, policy: unknown) =>
  account.send('PUT', policyPath(caId), policy);

async function rootWith(policy: IssuancePolicy, account = bench.account(), body: object = rootBody) {
  const caId = await create(account, body);
  assertDone(await put(account, caId, policy));
  return { account, caId };
}

async function getPolicy(account: BenchAccount, caId: string): Promise<unknown> {
  const answer = await account.send<{ issuance_policy: unknown }>('GET', policyPath(caId));
  assert.equal(answer.status, 200);
  return answer.body.issuance_policy;
}

const dns = (value: string) => ({ type: 'DNS', value });
const subjectCsr = (commonName: string) => csrOf({ subject: nameFromAttributes({ commonName }) });

interface Attempt {
  /** Of `createCertificate`. */
  readonly create?: object;
  readonly csr?: Parameters<typeof csrOf>[0];
}

/** Both ways to a private certificate, with the same contents. */
async function attempts(account: BenchAccount, caId: string, attempt: Attempt) {
  const body = { ...certificateBody(caId), key_algorithm: 'EC256', ...attempt.create };
  const csr = await csrOf(attempt.csr);
  return [
    await account.send('POST', certificates, body),
    await account.send('POST', `${certificates}/csr`, csrBody(caId, csr)),
  ];
}

async function assertRefusedBy(
  policy: IssuancePolicy,
  attempt: Attempt,
  rule: RegExp,
  account = bench.account(),
): Promise<void> {
  const { caId } = await rootWith(policy, account);
  const before = await countOf(account);
  for (const answer of await attempts(account, caId, attempt))
    assertRefused(answer, 400, 'PCA.00020001', rule);
  assert.equal(await countOf(account), before);
}

async function assertIssuedUnder(policy: IssuancePolicy, attempt: Attempt): Promise<void> {
  const { account, caId } = await rootWith(policy);
  for (const answer of await attempts(account, caId, attempt))
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

/** The same DNS names by either way. */
function named(...names: string[]): Attempt {
  const subject = nameFromAttributes({ commonName: 'a device' });
  const values = names.map((value) => ({ type: 'DNS', value }) as const);
  return {
    create: { distinguished_name: { common_name: 'a device' }, subject_alternative_names: names.map(dns) },
    csr: { subject, extensions: [subjectAlternativeNameExtension(values, false)] },
  };
}

describeOnEachDatabase('the policy of a CA', benchMigrations, (open) => {
  test('it is set, shown, replaced as a whole and removed, each change on record', async () => {
    const account = (await openBench(await open())).account();
    const caId = await create(account);
    assert.equal(await getPolicy(account, caId), null);
    const first: IssuancePolicy = {
      name_constraints: {
        permitted: { dns: ['example.com'], ip: ['10.0.0.0/8'] },
        excluded: { email: ['.test'] },
      },
      key_algorithms: ['EC256'],
      max_validity: { type: 'DAY', value: 90 },
    };
    assertDone(await put(account, caId, first));
    assert.deepEqual(await getPolicy(account, caId), first);
    const second: IssuancePolicy = { extended_key_usages: ['server_auth'] };
    assertDone(await put(account, caId, second));
    assert.deepEqual(await getPolicy(account, caId), second);
    assertDone(await account.send('DELETE', policyPath(caId)));
    assert.equal(await getPolicy(account, caId), null);
    const changes = (await account.audits()).filter(({ action }) => action === 'pca:ca:setIssuancePolicy');
    assert.equal(changes.length, 3);
  });

  test('whoever sets it needs no permission to issue, and issuing no permission to set it', async () => {
    const own = await openBench(await open());
    const account = own.account();
    const caId = await create(account);
    const officer = account.without('pca:ca:issueCert', 'pca:ca:issueCertByCsr');
    assertDone(await put(officer, caId, { key_algorithms: ['EC384'] }));
    const attempt = (by: BenchAccount) => by.send('POST', certificates, certificateBody(caId));
    assertRefused(await attempt(officer), 401, 'PCA.00010004');
    const issuing = account.without('pca:ca:setIssuancePolicy');
    assertRefused(await put(issuing, caId, {}), 401, 'PCA.00010004');
    assertRefused(await attempt(issuing), 400, 'PCA.00020001', /key_algorithms/);
  });

  test('a policy that changes while a certificate is being signed refuses it (403 PCA.00030201)', async () => {
    const own = await openBench(await open());
    const account = own.account();
    const caId = await create(account);
    const { generate } = own.keyStore;
    own.keyStore.generate = async (...wanted) => {
      own.keyStore.generate = generate;
      assertDone(await put(account, caId, { key_algorithms: ['RSA4096'] }));
      return generate.apply(own.keyStore, wanted);
    };
    const answer = await account.send('POST', certificates, certificateBody(caId));
    assertRefused(answer, 403, 'PCA.00030201', /policy/);
    assert.equal(await countOf(account), 0);
  });
});

describe('name_constraints', () => {
  const policy: IssuancePolicy = {
    name_constraints: { permitted: { dns: ['example.com'] }, excluded: { dns: ['secret.example.com'] } },
  };

  test('what lies in the permitted subtree is issued', () =>
    assertIssuedUnder(policy, named('a.example.com', 'example.com', '*.b.example.com')));

  for (const name of ['example.org', 'a.secret.example.com', 'secret.example.com', 'notexample.com'])
    test(`${name} is refused by the rule`, () =>
      assertRefusedBy(policy, named('a.example.com', name), /issuance_policy\.name_constraints: DNS/));

  test('a common name that could be a host stands for a DNS name where there is none', () =>
    assertRefusedBy(
      policy,
      {
        create: { distinguished_name: { common_name: 'www.example.org' } },
        csr: { subject: nameFromAttributes({ commonName: 'www.example.org' }) },
      },
      /name_constraints: DNS www\.example\.org/,
    ));

  test('addresses keep to their ranges', async () => {
    const ip: IssuancePolicy = { name_constraints: { permitted: { ip: ['10.1.0.0/16'] } } };
    const { account, caId } = await rootWith(ip);
    const attempt = (value: string) =>
      account.send('POST', certificates, {
        ...certificateBody(caId),
        distinguished_name: { common_name: 'a device' },
        subject_alternative_names: [{ type: 'IP', value }],
      });
    assert.equal((await attempt('10.1.2.3')).status, 200);
    assertRefused(await attempt('10.2.2.3'), 400, 'PCA.00020001', /name_constraints: IP 10\.2\.2\.3/);
  });

  test('they stand, critical, in every subordinate certificate: created, activated and by CSR', async () => {
    const { account, caId } = await rootWith(policy);
    const created = await create(account, { ...subordinateBody(caId), path_length: 1 });
    const activated = await create(account, pendingBody);
    assertDone(await post(account, activated, 'activate', activationBody(caId)));
    const csr = await subjectCsr('Subordinate by CSR');
    const byCsr = await account.send<{ certificate_id: string }>('POST', `${certificates}/csr`, {
      ...csrBody(caId, csr),
      type: 'INTERMEDIATE_CA',
    });
    assert.equal(byCsr.status, 200, JSON.stringify(byCsr.body));
    for (const subordinate of [created, activated, byCsr.body.certificate_id]) {
      const { parsed } = await authorityCertificateOf(account, subordinate);
      const { permitted, excluded } = parsed.known.nameConstraints!;
      assert.deepEqual(permitted, [{ type: 'DNS', value: 'example.com' }]);
      assert.deepEqual(excluded, [{ type: 'DNS', value: 'secret.example.com' }]);
    }
    const refused = await account.send('POST', certificates, {
      ...certificateBody(created),
      distinguished_name: { common_name: 'a device' },
      subject_alternative_names: [dns('example.org')],
    });
    assertRefused(refused, 400, 'PCA.00020001', /name constraints of the CA certificate/);
    const below = await create(account, subordinateBody(created));
    const further = { ...certificateBody(below), distinguished_name: { common_name: 'www.example.org' } };
    assertRefused(await account.send('POST', certificates, further), 400, 'PCA.00020001', /one above it/);
    const fitting = { distinguished_name: { common_name: 'www.example.com' } };
    await issue(account, below, fitting);
  });
});

describe('allowed_names', () => {
  const policy: IssuancePolicy = { allowed_names: { dns: ['*.example.com'], ip: ['10.0.0.0/8'] } };

  test('what fits a pattern is issued', () => assertIssuedUnder(policy, named('a.example.com')));

  test('what fits none is refused by the rule', () =>
    assertRefusedBy(
      policy,
      named('a.example.com', 'example.com'),
      /issuance_policy\.allowed_names: DNS example\.com/,
    ));

  test('each type has its own list, and one that is not listed cannot be used', async () => {
    const everything: IssuancePolicy = {
      allowed_names: {
        common_name: ['device-*'],
        ip: ['10.0.0.0/8'],
        email: ['*@example.com'],
        uri: ['spiffe://example.com/*'],
        upn: ['*@corp.example'],
      },
    };
    const { account, caId } = await rootWith(everything);
    const attempt = (type: string, value: string, common_name = 'device-7') =>
      account.send('POST', certificates, {
        ...certificateBody(caId),
        distinguished_name: { common_name },
        subject_alternative_names: [{ type, value }],
      });
    const fitting = [
      ['IP', '10.9.8.7'],
      ['EMAIL', 'a@example.com'],
      ['URI', 'spiffe://example.com/a'],
      ['UPN', 'a@corp.example'],
    ] as const;
    for (const [type, value] of fitting) assert.equal((await attempt(type, value)).status, 200, type);
    for (const [type, value] of [
      ['IP', '192.0.2.1'],
      ['EMAIL', 'a@example.org'],
      ['URI', 'spiffe://example.org/a'],
      ['UPN', 'a@other.example'],
      ['DNS', 'a.example.com'],
    ] as const)
      assertRefused(await attempt(type, value), 400, 'PCA.00020001', new RegExp(`allowed_names: ${type}`));
    assertRefused(await attempt('IP', '10.9.8.7', 'other'), 400, 'PCA.00020001', /common name/);
  });

  test('it does not bind the names of subordinate CAs', async () => {
    const { account, caId } = await rootWith({ allowed_names: { common_name: ['nothing'], dns: [] } });
    await create(account, subordinateBody(caId));
  });
});

describe('key_algorithms', () => {
  const policy: IssuancePolicy = { key_algorithms: ['EC384'] };
  test('one that is listed is issued', () =>
    assertIssuedUnder(policy, { create: { key_algorithm: 'EC384' }, csr: { keyAlgorithm: 'EC384' } }));
  test('another is refused by the rule', () =>
    assertRefusedBy(policy, {}, /issuance_policy\.key_algorithms: a key of EC256/));
  test('also for subordinate CAs, however they are made, and nothing stays of them', async () => {
    const { account, caId } = await rootWith(policy);
    const pendingId = await create(account, pendingBody);
    const used = await usedQuota(account);
    const rule = /issuance_policy\.key_algorithms/;
    assertRefused(await account.send('POST', path, subordinateBody(caId)), 400, 'PCA.00020001', rule);
    assertRefused(
      await post(account, pendingId, 'activate', activationBody(caId)),
      400,
      'PCA.00020001',
      rule,
    );
    const body = { ...csrBody(caId, await subjectCsr('Subordinate')), type: 'INTERMEDIATE_CA' };
    assertRefused(await account.send('POST', `${certificates}/csr`, body), 400, 'PCA.00020001', rule);
    assert.equal(await usedQuota(account), used);
  });
});

describe('the longest validity', () => {
  test('max_validity binds private certificates only', async () => {
    const days = (value: number): IssuancePolicy => ({ max_validity: { type: 'DAY', value } });
    await assertIssuedUnder(days(30), {});
    await assertRefusedBy(days(29), {}, /issuance_policy\.max_validity: the validity is longer than 29 DAY/);
    const { account, caId } = await rootWith(days(29));
    await create(account, subordinateBody(caId));
  });

  test('max_subordinate_validity binds subordinate CAs only', async () => {
    const policy: IssuancePolicy = { max_subordinate_validity: { type: 'MONTH', value: 6 } };
    await assertIssuedUnder(policy, {});
    const { account, caId } = await rootWith(policy);
    const short = { ...subordinateBody(caId), validity: { type: 'MONTH', value: 6 } };
    await create(account, short);
    const answer = await account.send('POST', path, subordinateBody(caId));
    assertRefused(answer, 400, 'PCA.00020001', /issuance_policy\.max_subordinate_validity/);
  });
});

describe('extended_key_usages', () => {
  const policy: IssuancePolicy = { extended_key_usages: ['server_auth', 'client_auth'] };
  const purposes = (flag: string, oid: string): Attempt => ({
    create: { extended_key_usage: { [flag]: true } },
    csr: { extensions: [extendedKeyUsageExtension([oid], false)] },
  });
  test('a purpose that is listed is issued', () =>
    assertIssuedUnder(policy, purposes('client_auth', '1.3.6.1.5.5.7.3.2')));
  test('another is refused by the rule', () =>
    assertRefusedBy(
      policy,
      purposes('code_signing', '1.3.6.1.5.5.7.3.3'),
      /issuance_policy\.extended_key_usages/,
    ));
  test('a certificate without purposes would be good for all', () =>
    assertRefusedBy(policy, {}, /extended_key_usages: the certificate has to name its purposes/));
});

describe('SM2', () => {
  test('both certificates of the pair are judged', async () => {
    const sm2 = { ...rootBody, key_algorithm: 'SM2', signature_algorithm: 'SM3' };
    const { account, caId } = await rootWith({ key_algorithms: ['SM2'] }, undefined, sm2);
    const certificateId = await issue(account, caId);
    assert.ok((await certificateOf(account, certificateId)).der.length > 0);
    assertDone(await put(account, caId, { key_algorithms: ['EC256'] }));
    const answer = await account.send('POST', certificates, certificateBody(caId));
    assertRefused(answer, 400, 'PCA.00020001', /key_algorithms: a key of SM2/);
  });
});

describe('what a policy must be', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['a rule at least', {}, /no rule/],
    ['no unknown rule', { allowed_purposes: ['server_auth'] }, /allowed_purposes/],
    ['no unknown form', { name_constraints: { permitted: { upn: ['a'] } } }, /upn|name_constraints/],
    ['no unknown algorithm', { key_algorithms: ['EC1'] }, /key_algorithms/],
    ['an algorithm at least', { key_algorithms: [] }, /key_algorithms/],
    ['a length', { max_validity: { type: 'DAY', value: 0 } }, /max_validity/],
    [
      'ranges in prefix form',
      { name_constraints: { permitted: { ip: ['10.0.0.1'] } } },
      /permitted\.ip\[0\]/,
    ],
    [
      'ranges without bits outside',
      { name_constraints: { excluded: { ip: ['10.0.0.1/8'] } } },
      /excluded\.ip\[0\]/,
    ],
    ['hosts', { name_constraints: { permitted: { dns: ['a', '*.example.com'] } } }, /permitted\.dns\[1\]/],
    ['mailboxes or hosts', { name_constraints: { permitted: { email: ['a@'] } } }, /permitted\.email\[0\]/],
    ['hosts of URIs', { name_constraints: { permitted: { uri: ['https://a'] } } }, /permitted\.uri\[0\]/],
    ['ranges of allowed addresses', { allowed_names: { ip: ['10.*'] } }, /allowed_names\.ip\[0\]/],
    ['no purpose unknown', { extended_key_usages: ['ocsp_signing'] }, /extended_key_usages/],
  ];
  for (const [rule, policy, text] of wrong)
    test(`${rule}: ${JSON.stringify(policy)}`, async () => {
      const account = bench.account();
      const caId = await create(account);
      const answer = await put(account, caId, policy);
      assertRefused(answer, 400, 'PCA.00020001', text);
      assert.equal(await getPolicy(account, caId), null);
    });

  test('a CA that is being deleted has none to set (403 PCA.00030201)', async () => {
    const account = bench.account();
    const caId = await create(account);
    await scheduleDeletion(account, caId);
    assertRefused(await put(account, caId, { key_algorithms: ['EC256'] }), 403, 'PCA.00030201');
  });

  test("another account's CA is not found; who lacks the permission is refused", async () => {
    const account = bench.account();
    const caId = await create(account);
    const policy = { key_algorithms: ['EC256'] };
    assertRefused(await put(bench.account(), caId, policy), 404, 'PCA.00030102');
    assertRefused(await put(account.without('pca:ca:setIssuancePolicy'), caId, policy), 401, 'PCA.00010004');
    const reader = account.without('pca:ca:getIssuancePolicy');
    assertRefused(await reader.send('GET', policyPath(caId)), 401, 'PCA.00010004');
    const remover = account.without('pca:ca:setIssuancePolicy');
    assertRefused(await remover.send('DELETE', policyPath(caId)), 401, 'PCA.00010004');
  });
});
