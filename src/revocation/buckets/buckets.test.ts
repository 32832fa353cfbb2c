import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestRequest } from '../../../test/support/identity.ts';
import { createCa, installOnSqlite, path, rootBody } from '../revocation.fixture.ts';

const installation = await installOnSqlite();
const { call, identity, refused, storage } = installation;
const { acme, globex } = identity;
const keeper = await identity.addUser(acme, 'keeper', ['Security Administrator']);
const issuer = await identity.addUser(acme, 'issuer', ['PCA FullAccess', 'IAM ReadOnlyAccess']);
const agenciesUrl = `/v3.0/OS-AGENCY/agencies?domain_id=${acme.account.accountId}`;

interface Agency {
  readonly id: string;
  readonly name: string;
  readonly trust_domain_name: string;
}

const agencies = async () => (await call<{ agencies: Agency[] }>(acme, 200, 'GET', agenciesUrl)).agencies;

// In order: later tests need the agency that earlier ones create.
describe('before an agency has been created', () => {
  test('agency_granted is the string "false", and the boolean false on the path of the SDK', async () => {
    const granted = (url: string) => call<object>(acme, 200, 'GET', `${path}/${url}`);
    assert.deepEqual(await granted('obs/agencies'), { agency_granted: 'false' });
    assert.deepEqual(await granted('agency'), { agency_granted: false });
  });

  test('buckets cannot be listed: 403 PCA.00000006', () =>
    refused(acme, '403 PCA.00000006', /agency .* has not been created/, ['GET', `${path}/obs/buckets`]));

  test('a CRL cannot be enabled, at creation nor later', async () => {
    storage.buckets.set('crls', { accountId: acme.account.accountId, createTimeMs: 1_554_867_690_718 });
    const crl = { obs_bucket_name: 'crls', valid_days: 7 };
    const caId = await createCa(installation, acme);
    const text = /agency .* has not been created/;
    await refused(acme, '400 PCA.00020204', text, ['POST', `${path}/${caId}/crl/enable`, crl]);
    const body = { ...rootBody, crl_configuration: { enabled: true, ...crl } };
    await refused(acme, '400 PCA.00020204', text, ['POST', path, body]);
  });
});

describe('the token must have the role secu_admin', () => {
  for (const [method, url] of [
    ['GET', 'obs/agencies'],
    ['POST', 'obs/agencies'],
    ['GET', 'agency'],
    ['POST', 'agencies'],
  ] as const) {
    test(`${method} ${url}: without it 401 PCA.00010004, though all of PCA is permitted`, async () => {
      await refused(issuer, '401 PCA.00010004', /Insufficient permissions/, [method, `${path}/${url}`]);
    });
  }

  test('with it no other permission is required', async () => {
    const answer = await call<object>(keeper, 200, 'GET', `${path}/obs/agencies`);
    assert.deepEqual(answer, { agency_granted: 'false' });
  });
});

describe('creating the agency', () => {
  test('answers 200 with the id that identity gave, without a body; again the same', async () => {
    const { agency_id: agencyId } = await call<{ agency_id: string }>(
      keeper,
      200,
      'POST',
      `${path}/obs/agencies`,
    );
    const again = await call<{ agency_id: string }>(keeper, 200, 'POST', `${path}/agencies`, {});
    assert.equal(again.agency_id, agencyId);
    const [agency, ...others] = await agencies();
    assert.deepEqual([agency?.id, agency?.trust_domain_name, others], [agencyId, 'op_svc_pca', []]);
  });

  test('grants it: "true" on one path, true on the other, for this account only', async () => {
    const granted = (user: typeof acme, url: string) => call<object>(user, 200, 'GET', `${path}/${url}`);
    assert.deepEqual(await granted(acme, 'obs/agencies'), { agency_granted: 'true' });
    assert.deepEqual(await granted(acme, 'agency'), { agency_granted: true });
    assert.deepEqual(await granted(globex, 'agency'), { agency_granted: false });
  });

  test('is a real delegation: what identity takes from the agency is gone', async () => {
    const [agency] = await agencies();
    const roles = `/v3.0/OS-AGENCY/domains/${acme.account.accountId}/agencies/${agency?.id}/roles`;
    const { roles: granted } = await call<{ roles: { id: string }[] }>(acme, 200, 'GET', roles);
    await call(acme, 204, 'DELETE', `${roles}/${granted[0]?.id}`);
    assert.deepEqual(await call<object>(acme, 200, 'GET', `${path}/agency`), { agency_granted: false });
    await refused(acme, '403 PCA.00000006', /not allowed by any policy/, ['GET', `${path}/obs/buckets`]);
    await call(acme, 200, 'POST', `${path}/agencies`);
    assert.deepEqual(await call<object>(acme, 200, 'GET', `${path}/agency`), { agency_granted: true });
  });

  test('an agency of the same name that trusts somebody else is in the way: 400 PCA.00020001', async () => {
    const agency = {
      name: 'PCAAccessPrivateOBS',
      domain_id: globex.account.accountId,
      trust_domain_name: 'acme',
    };
    await call(globex, 201, 'POST', '/v3.0/OS-AGENCY/agencies', { agency });
    await refused(globex, '400 PCA.00020001', /cannot be created/, ['POST', `${path}/agencies`]);
  });

  test('calls that are made at once create one agency', async () => {
    const initech = await identity.addUser(acme, 'initech', ['Security Administrator']);
    const [agency] = await agencies();
    await call(acme, 204, 'DELETE', `/v3.0/OS-AGENCY/agencies/${agency?.id}`);
    const answers = await Promise.all(
      [acme, keeper, initech].map((user) =>
        call<{ agency_id: string }>(user, 200, 'POST', `${path}/agencies`),
      ),
    );
    assert.equal(new Set(answers.map(({ agency_id }) => agency_id)).size, 1);
  });
});

describe('the list of buckets', () => {
  interface Buckets {
    readonly total: number;
    readonly obs_buckets: { readonly bucket_name: string; readonly create_time: number }[];
  }
  const list = (user: typeof acme) => call<Buckets>(user, 200, 'GET', `${path}/obs/buckets`);

  test('needs no permission, and shows the buckets of the account with their times', async () => {
    storage.buckets.set('theirs', { accountId: globex.account.accountId, createTimeMs: 5 });
    const nobody = await identity.addUser(acme, 'nobody', []);
    assert.deepEqual(await list(nobody), {
      total: 1,
      obs_buckets: [{ bucket_name: 'crls', create_time: 1_554_867_690_718 }],
    });
  });

  test('has at most 256; total is their number', async () => {
    for (let index = 0; index < 256; index++) {
      storage.buckets.set(`more-${index}`, { accountId: acme.account.accountId, createTimeMs: index });
    }
    const { total, obs_buckets } = await list(acme);
    assert.deepEqual([total, obs_buckets.length], [257, 256]);
  });
});

test('a Deny of the bucket holds for whom the service would write or list in its place', async () => {
  const Resource = [`obs:*:${acme.account.accountId}:object:crls/*`];
  const Statement = [
    { Effect: 'Deny', Action: ['obs:object:PutObject'], Resource },
    { Effect: 'Deny', Action: ['obs:bucket:ListAllMyBuckets'] },
  ];
  const limited = await identity.addUser(acme, 'limited', ['PCA FullAccess', { Version: '5.0', Statement }]);
  const crl = { obs_bucket_name: 'crls', valid_days: 7 };
  const caId = await createCa(installation, acme);
  const crl_configuration = { enabled: true, ...crl };
  const requests: TestRequest[] = [
    ['POST', `${path}/${caId}/crl/enable`, crl],
    ['POST', path, { ...rootBody, crl_configuration }],
    ['GET', `${path}/obs/buckets`],
  ];
  for (const request of requests)
    await refused(limited, '401 PCA.00010004', /obs:\w+:\w+ is denied by a policy/, request);
  type Ca = { crl_configuration: { enabled: boolean } };
  assert.equal((await call<Ca>(acme, 200, 'GET', `${path}/${caId}`)).crl_configuration.enabled, false);
  await call(limited, 204, 'POST', `${path}/${caId}/crl/enable`, { ...crl, obs_bucket_name: 'more-1' });
});
