import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { knownProject, openSqliteBench, unknownProject } from '../private-ca.fixture.ts';
import {
  assertCreationRefused,
  assertRefused,
  certificateOf,
  create,
  details,
  orderBody,
  path,
  pendingBody,
  rootBody,
  subject,
  subordinateBody,
  usedQuota,
  without,
} from './authorities.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 30, CERTIFICATE: 10 });
const refused = assertCreationRefused.bind(null, bench);

describe('key usage', () => {
  test('key_usages of a root CA are always [digitalSignature, keyCertSign, cRLSign]; a specified value is ignored', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, key_usages: ['cRLSign'] });
    const { parsed } = await certificateOf(account, caId);
    assert.deepEqual(parsed.known.keyUsage, ['digitalSignature', 'keyCertSign', 'cRLSign']);
  });

  test('key_usages of a subordinate CA default to [digitalSignature, keyCertSign, cRLSign] and can be customized', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const usagesWith = async (key_usages: string[]) => {
      const caId = await create(account, { ...subordinateBody(rootId), key_usages });
      return (await certificateOf(account, caId)).parsed.known.keyUsage;
    };
    assert.deepEqual(await usagesWith([]), ['digitalSignature', 'keyCertSign', 'cRLSign']);
    assert.deepEqual(await usagesWith(['cRLSign']), ['cRLSign']);
    assert.deepEqual(await usagesWith(['cRLSign', 'nonRepudiation', 'cRLSign', 'keyCertSign']), [
      'nonRepudiation',
      'keyCertSign',
      'cRLSign',
    ]);
  });

  test('an unknown usage is refused', () =>
    refused({ ...pendingBody, key_usages: ['serverAuth'] }, 400, 'PCA.00020001', /key_usages/));
});

describe('ca_id empty: a pay-per-use CA is created', () => {
  test('charging_mode is 1', async () => {
    const account = bench.account();
    assert.equal(
      (await details(account, await create(account, { ...rootBody, ca_id: '' }))).charging_mode,
      1,
    );
  });
});

describe('[A.2.2] the CA quota may not be exceeded (403 PCA.00030001)', () => {
  test('one more than the quota is refused and leaves nothing', async () => {
    const account = bench.account();
    const order = { ...orderBody, subscription_num: 30 };
    assert.equal((await account.send('POST', `${path}/order`, order)).status, 200);
    assertRefused(await account.send('POST', path, rootBody), 403, 'PCA.00030001', /30 of 30/);
    assert.equal(await usedQuota(account), 30);
    assert.equal((await account.audits()).length, 30);
  });

  test('of requests at the same time only as many succeed as there is room', async () => {
    const account = bench.account();
    await account.send('POST', `${path}/order`, { ...orderBody, subscription_num: 27 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => account.send('POST', path, rootBody)));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 200, 200, 403, 403, 403]);
    assert.equal(await usedQuota(account), 30);
  });
});

describe('hsm_cluster_info can be used only by users in the whitelist', () => {
  const whole = { hsm_project: 'cn-north-7', hsm_cluster_id: '54d8301b', hsm_ca_cert: 'TUk=' };

  test('nobody is in it', () =>
    refused({ ...rootBody, hsm_cluster_info: whole }, 401, 'PCA.00000101', /whitelist/));

  for (const field of Object.keys(whole)) {
    test(`${field} is mandatory in it`, () =>
      refused(
        { ...rootBody, hsm_cluster_info: without(whole, field) },
        400,
        'PCA.00020001',
        new RegExp(field),
      ));
  }
});

describe('crl_configuration', () => {
  test('enabled is mandatory in crl_configuration', () =>
    refused({ ...rootBody, crl_configuration: {} }, 400, 'PCA.00020204', /crl_configuration\.enabled/));

  test('with enabled false the other fields are accepted and ignored; answers show null for them', async () => {
    const account = bench.account();
    const crl_configuration = { enabled: false, obs_bucket_name: 'demoBucket', valid_days: 8, crl_name: '' };
    const ca = await details(account, await create(account, { ...rootBody, crl_configuration }));
    assert.deepEqual(ca.crl_configuration, {
      enabled: false,
      crl_name: null,
      obs_bucket_name: null,
      valid_days: null,
      crl_dis_point: null,
    });
  });

  test('with enabled true, obs_bucket_name and valid_days (7 to 30 days) are mandatory', async () => {
    const whole = { enabled: true, obs_bucket_name: 'demo', valid_days: 7 };
    const wrong = [
      without(whole, 'obs_bucket_name'),
      { ...whole, obs_bucket_name: '' },
      without(whole, 'valid_days'),
      { ...whole, valid_days: 6 },
      { ...whole, valid_days: 31 },
      { ...whole, valid_days: 7.5 },
    ];
    for (const crl_configuration of wrong) {
      await refused({ ...rootBody, crl_configuration }, 400, 'PCA.00020204', /obs_bucket_name|valid_days/);
    }
  });

  test('with CRL enabled, an agency must have been created and the OBS bucket must exist; otherwise an error is reported', () =>
    refused(
      { ...rootBody, crl_configuration: { enabled: true, obs_bucket_name: 'demo', valid_days: 7 } },
      400,
      'PCA.00020204',
      /not available/,
    ));
});

describe('enterprise_project_id must be all, 0 or an id; it need not be set', () => {
  for (const sent of [undefined, '', 'all', '0']) {
    test(`${sent === undefined ? 'absent' : JSON.stringify(sent)} is the default project`, async () => {
      const account = bench.account();
      const ca = await details(account, await create(account, { ...rootBody, enterprise_project_id: sent }));
      assert.equal(ca.enterprise_project_id, '0');
    });
  }

  test('an id of the account is kept, and is what the permission is asked for', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, enterprise_project_id: knownProject });
    assert.deepEqual(bench.asked.at(-1), {
      action: 'pca:ca:create',
      resource: undefined,
      conditions: {
        'g:EnterpriseProjectId': knownProject,
        'pca:SubjectNames': [`CN:${rootBody.distinguished_name.common_name}`],
      },
    });
    assert.equal((await details(account, caId)).enterprise_project_id, knownProject);
  });

  test('a project that the account does not have is refused', () =>
    refused(
      { ...rootBody, enterprise_project_id: unknownProject },
      400,
      'PCA.00020001',
      /enterprise_project_id/,
    ));

  test('another form is refused', () =>
    refused({ ...rootBody, enterprise_project_id: 'default' }, 400, 'PCA.00020001', /enterprise_project_id/));
});

describe('in the distinguished name, common_name has 1 to 64, state and locality 1 to 128, organization and organizational_unit 1 to 64 characters; country is two letters', () => {
  const limits = { common_name: 64, state: 128, locality: 128, organization: 64, organizational_unit: 64 };
  for (const [attribute, limit] of Object.entries(limits)) {
    test(`${attribute} has at most ${limit} characters, of any script that is allowed`, async () => {
      const account = bench.account();
      const named = (value: string) => ({
        ...rootBody,
        distinguished_name: { ...subject, [attribute]: value },
      });
      await create(account, named('中'.repeat(limit)));
      await refused(named('a'.repeat(limit + 1)), 400, 'PCA.00020101', new RegExp(attribute));
    });
  }

  test('letters, digits, Chinese characters, spaces, - _ . , and in common_name also *', async () => {
    const account = bench.account();
    const name = { ...subject, common_name: '*.Aa0 中-_.,', organization: 'Aa0 中-_.,' };
    const caId = await create(account, { ...rootBody, distinguished_name: name });
    assert.deepEqual((await details(account, caId)).distinguished_name, name);
    const { parsed } = await certificateOf(account, caId);
    assert.equal(parsed.subject[0]?.[0]?.value, '*.Aa0 中-_.,');
    for (const [attribute, value] of [
      ['organization', '*'],
      ['common_name', 'a/b'],
      ['common_name', 'é'],
      ['state', 'a\n'],
      ['locality', '😀'],
    ] as const) {
      const wrong = { ...rootBody, distinguished_name: { ...subject, [attribute]: value } };
      await refused(wrong, 400, 'PCA.00020101', new RegExp(attribute));
    }
  });

  for (const country of ['C', 'CHN', '中国', '12']) {
    test(`country ${country} is refused`, () =>
      refused({ ...rootBody, distinguished_name: { ...subject, country } }, 400, 'PCA.00020101', /country/));
  }

  test('country is accepted and returned in lower case as well', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, distinguished_name: { ...subject, country: 'cn' } });
    assert.equal((await details(account, caId)).distinguished_name.country, 'cn');
  });
});
