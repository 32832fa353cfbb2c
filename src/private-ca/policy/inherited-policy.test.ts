import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type AlternativeName,
  extendedKeyUsageExtension,
  type GeneralName,
  type NameConstraints,
  nameFromAttributes,
  namesSatisfy,
  newComparisonBudget,
  oids,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import {
  activationBody,
  assertDone,
  assertRefused,
  path as caPath,
  create,
  pendingBody,
  post,
  rootBody,
  subordinateBody,
} from '../authorities/authorities.fixture.ts';
import { certificateBody, csrBody, csrOf, parsedPem } from '../certificates/certificates.fixture.ts';
import { type ApiError, type BenchAccount, openSqliteBench } from '../private-ca.fixture.ts';
import { constraintsFromPolicies, InexpressibleRule } from './inherited-constraints.ts';
import type { IssuancePolicy } from './issuance-policy.ts';

const certificates = '/v1/private-certificates';
const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });
const put = (account: BenchAccount, caId: string, policy: IssuancePolicy) =>
  account.send('PUT', `${caPath}/${caId}/issuance-policy`, policy);

/** A root with the policy, a CA below it, and one below that. */
async function hierarchy(policy: IssuancePolicy) {
  const account = bench.account();
  const root = await create(account, rootBody);
  const middle = await create(account, { ...subordinateBody(root), path_length: 1 });
  const lowest = await create(account, subordinateBody(middle));
  assertDone(await put(account, root, policy));
  return { account, root, middle, lowest };
}

function leaf(account: BenchAccount, issuer: string, name: string, changes: object = {}) {
  const names = [{ type: 'DNS', value: name }];
  const body = { ...certificateBody(issuer), distinguished_name: { common_name: 'a device' } };
  return account.send('POST', certificates, { ...body, subject_alternative_names: names, ...changes });
}

async function byCsr(account: BenchAccount, issuer: string, changes: object = {}, csr?: string) {
  const request = csr ?? (await csrOf({ subject: nameFromAttributes({ commonName: 'Kept elsewhere' }) }));
  const body = { ...csrBody(issuer, request), type: 'INTERMEDIATE_CA', ...changes };
  return account.send<ApiError & { certificate_id: string }>('POST', `${certificates}/csr`, body);
}

async function constraintsOf(account: BenchAccount, caId: string) {
  const exported = await account.send<{ certificate: string }>('POST', `${caPath}/${caId}/export`);
  return parsedPem(exported.body.certificate).known;
}

describe('CAs whose keys are here', () => {
  test('are bound by the policies of all above them', async () => {
    const { account, lowest, root } = await hierarchy({
      allowed_names: { dns: ['*.good.test'] },
      extended_key_usages: ['server_auth'],
    });
    const server = { extended_key_usage: { server_auth: true } };
    assert.equal((await leaf(account, lowest, 'a.good.test', server)).status, 200);
    const above = /CA above the issuing one refuses by its issuance_policy\./;
    assertRefused(await leaf(account, lowest, 'bank.test', server), 400, 'PCA.00020001', above);
    assertRefused(await leaf(account, lowest, 'a.good.test'), 400, 'PCA.00020001', /extended_key_usages/);
    assertDone(await put(account, root, { name_constraints: { excluded: { dns: ['a.good.test'] } } }));
    assertRefused(await leaf(account, lowest, 'a.good.test'), 400, 'PCA.00020001', /name_constraints/);
    assertDone(await account.send('DELETE', `${caPath}/${root}/issuance-policy`));
    assert.equal((await leaf(account, lowest, 'bank.test')).status, 200);
  });

  test('a policy above that changes while a certificate is being signed refuses it', async () => {
    const { account, root, middle } = await hierarchy({ allowed_names: { dns: ['*'] } });
    const { generate } = bench.keyStore;
    bench.keyStore.generate = async (...wanted) => {
      bench.keyStore.generate = generate;
      assertDone(await put(account, root, { allowed_names: { dns: ['*.good.test'] } }));
      return generate.apply(bench.keyStore, wanted);
    };
    assertRefused(await leaf(account, middle, 'bank.test'), 403, 'PCA.00030201', /policy/);
  });

  test('a CA certificate is no way round the names', async () => {
    const { account, root } = await hierarchy({ allowed_names: { dns: ['*.good.test'] } });
    const host = { ...subordinateBody(root).distinguished_name, common_name: 'bank.test' };
    const named = { ...subordinateBody(root), distinguished_name: host };
    assertRefused(await account.send('POST', caPath, named), 400, 'PCA.00020001', /counts as DNS bank\.test/);
    const extensions = [subjectAlternativeNameExtension([{ type: 'DNS', value: 'bank.test' }], false)];
    const csr = await csrOf({ subject: nameFromAttributes({ commonName: 'Some CA' }), extensions });
    assertRefused(await byCsr(account, root, {}, csr), 400, 'PCA.00020001', /allowed_names: DNS bank\.test/);
  });
});

describe('subordinate_authorities', () => {
  test('NONE forbids every way to a CA, KEPT_HERE those by CSR', async () => {
    const { account, root, lowest } = await hierarchy({ subordinate_authorities: { allowed: 'NONE' } });
    const rule = /issuance_policy\.subordinate_authorities/;
    const pending = await create(account, pendingBody);
    const created = await account.send('POST', caPath, subordinateBody(root));
    const activated = await post(account, pending, 'activate', activationBody(root));
    for (const answer of [created, activated, await byCsr(account, root)])
      assertRefused(answer, 400, 'PCA.00020001', rule);
    assert.equal((await leaf(account, lowest, 'a.test')).status, 200);
    assertDone(await put(account, root, { subordinate_authorities: { allowed: 'KEPT_HERE' } }));
    await create(account, subordinateBody(root));
    assertRefused(await byCsr(account, root), 400, 'PCA.00020001', rule);
  });

  test('max_path_length limits the levels below, whichever CA issues', async () => {
    const { account, root, middle } = await hierarchy({ subordinate_authorities: { max_path_length: 1 } });
    assert.equal((await byCsr(account, root, { path_length: 1 })).status, 200);
    assertRefused(await byCsr(account, root, { path_length: 2 }), 400, 'PCA.00020001', /max_path_length/);
    assert.equal((await byCsr(account, middle, { path_length: 0 })).status, 200);
    assertDone(await put(account, root, { subordinate_authorities: { max_path_length: 0 } }));
    assertRefused(await byCsr(account, middle, { path_length: 0 }), 400, 'PCA.00020001', /max_path_length/);
  });
});

describe('a CA whose key is kept elsewhere', () => {
  test('needs a permission of its own', async () => {
    const account = bench.account();
    const root = await create(account, rootBody);
    const limited = account.without('pca:ca:issueCaCertByCsr');
    assertRefused(await byCsr(limited, root), 401, 'PCA.00010004', /pca:ca:issueCaCertByCsr/);
    assert.equal((await byCsr(limited, root, { type: 'ENTITY_CERT' })).status, 200);
    assertRefused(await byCsr(account.without('pca:ca:issueCertByCsr'), root), 401, 'PCA.00010004');
    assert.equal((await byCsr(account, root)).status, 200);
  });

  test('has the names and purposes of all policies in its certificate', async () => {
    const { account, middle } = await hierarchy({
      allowed_names: { dns: ['*.good.test'], ip: ['10.0.0.0/8'] },
      extended_key_usages: ['server_auth', 'client_auth'],
    });
    assertDone(
      await put(account, middle, {
        name_constraints: { permitted: { dns: ['a.good.test', 'other.test'] } },
        extended_key_usages: ['server_auth'],
      }),
    );
    const issued = await byCsr(account, middle);
    assert.equal(issued.status, 200, JSON.stringify(issued.body));
    const { nameConstraints, extendedKeyUsage } = await constraintsOf(account, issued.body.certificate_id);
    assert.deepEqual(nameConstraints!.permitted, [
      { type: 'DNS', value: 'a.good.test' },
      { type: 'EMAIL', value: 'nothing.invalid' },
      { type: 'URI', value: 'nothing.invalid' },
      { type: 'IP', value: '10.0.0.0/8' },
    ]);
    assert.deepEqual(
      nameConstraints!.excluded.map(({ type }) => type),
      ['OTHER', 'OTHER'],
    );
    assert.deepEqual(extendedKeyUsage, [oids.serverAuth]);
    const signing = await csrOf({
      subject: nameFromAttributes({ commonName: 'Kept elsewhere' }),
      extensions: [extendedKeyUsageExtension([oids.codeSigning], false)],
    });
    assertRefused(await byCsr(account, middle, {}, signing), 400, 'PCA.00020001', /extended_key_usages/);
  });

  for (const [field, patterns] of [
    ['common_name', ['device-*']],
    ['dns', ['host-*.good.test']],
    ['email', ['dev-*@good.test']],
    ['uri', ['https://*.good.test/*']],
    ['upn', ['*@corp.test']],
  ] as const)
    test(`is refused where ${field} cannot be said by constraints`, async () => {
      const { account, root, middle } = await hierarchy({ allowed_names: { [field]: [...patterns] } });
      for (const issuer of [root, middle])
        assertRefused(
          await byCsr(account, issuer),
          400,
          'PCA.00020001',
          new RegExp(`allowed_names.*${field} "`),
        );
      await create(account, subordinateBody(root));
    });
});

describe('constraints from policies', () => {
  const satisfies = (constraints: NameConstraints, name: GeneralName) =>
    namesSatisfy([name], constraints, newComparisonBudget());

  test('an exact name is allowed without what is below it', () => {
    const constraints = constraintsFromPolicies([
      { allowed_names: { dns: ['a.good.test', '*.open.test'] } },
    ])!;
    for (const [value, expected] of [
      ['a.good.test', true],
      ['x.a.good.test', false],
      ['b.open.test', true],
      ['open.test', false],
      ['bank.test', false],
    ] as const)
      assert.equal(satisfies(constraints, { type: 'DNS', value }), expected, value);
    assert.throws(
      () => constraintsFromPolicies([{ allowed_names: { dns: ['a.test', 'x.a.test'] } }]),
      InexpressibleRule,
    );
  });

  test('nothing fits them that does not fit every policy', () => {
    const label = fc.constantFrom('a', 'b');
    const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join('.')}.test`);
    const pattern = fc.oneof(
      host,
      host.map((text) => `*.${text}`),
    );
    const lists = fc.record({
      dns: fc.array(pattern, { maxLength: 3 }),
      ip: fc.constantFrom<string[]>([], ['10.0.0.0/8'], ['10.1.0.0/16', '192.0.2.0/24']),
    });
    const policies = fc.array(
      lists.map((allowed_names) => ({ allowed_names })),
      { minLength: 1, maxLength: 3 },
    );
    const names = fc.oneof(
      host.map((value): AlternativeName => ({ type: 'DNS', value })),
      fc
        .constantFrom('10.1.2.3', '10.9.9.9', '192.0.2.1', '::1')
        .map((value): AlternativeName => ({ type: 'IP', value })),
      fc.constantFrom<AlternativeName>(
        { type: 'EMAIL', value: 'a@a.test' },
        { type: 'UPN', value: 'a@a.test' },
        { type: 'URI', value: 'https://a.test/' },
      ),
    );
    fc.assert(
      fc.property(policies, names, (stack, name) => {
        const constraints = expressed(stack);
        if (constraints === undefined) return;
        const isAllowed = stack.every(({ allowed_names: allowed }) => fitsAlone(allowed, name));
        assert.equal(satisfies(constraints, name), isAllowed);
      }),
      { numRuns: 2000 },
    );
  });

  function expressed(stack: readonly IssuancePolicy[]): NameConstraints | undefined {
    try {
      return constraintsFromPolicies(stack);
    } catch (error) {
      if (error instanceof InexpressibleRule) return undefined;
      throw error;
    }
  }

  /** Written apart from the product: by suffixes and octets. */
  function fitsAlone(
    allowed: { dns: readonly string[]; ip: readonly string[] },
    { type, value }: AlternativeName,
  ) {
    if (type === 'DNS')
      return allowed.dns.some((each) =>
        each.startsWith('*') ? value.endsWith(each.slice(1)) : value === each,
      );
    if (type !== 'IP') return false;
    return allowed.ip.some((range) => {
      const [base, bits] = range.split('/') as [string, string];
      const kept = Number(bits) / 8;
      return value.split('.').slice(0, kept).join('.') === base.split('.').slice(0, kept).join('.');
    });
  }
});
