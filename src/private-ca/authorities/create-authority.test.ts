import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { knownProject, openSqliteBench, testNowMs, unknownProject } from '../private-ca.fixture.ts';
import type { PrivateCaTables } from '../tables.ts';
import {
  assertDone,
  assertRefused,
  certificateOf,
  create,
  details,
  path,
  pendingBody,
  post,
  rootBody,
  subject,
  subordinateBody,
  usedQuota,
} from './authorities.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 30, CERTIFICATE: 10 });
const yearMs = 365 * 86_400_000;

/** A body without some of its fields. */
function without(body: object, ...fields: string[]): object {
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)));
}

async function refused(body: unknown, status: number, code: string, text: RegExp | '' = ''): Promise<void> {
  const account = bench.account();
  assertRefused(await account.send('POST', path, body), status, code, text);
  const left = await bench.database
    .tables<PrivateCaTables>()
    .selectFrom('certificate_authorities')
    .select('ca_id')
    .where('account_id', '=', account.accountId)
    .execute();
  assert.deepEqual(left, []);
  assert.deepEqual(await account.audits(), []);
}

describe('there are three ways: a root CA, a subordinate CA activated at once, one without activation', () => {
  test('[terraform] a root CA and a subordinate CA created with all parameters are ACTIVED right after the call', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const childId = await create(account, subordinateBody(rootId));
    const [root, child] = [await details(account, rootId), await details(account, childId)];
    assert.deepEqual(
      [root.type, root.status, child.type, child.status],
      ['ROOT', 'ACTIVED', 'SUBORDINATE', 'ACTIVED'],
    );
    assert.deepEqual([child.issuer_id, child.issuer_name], [rootId, 'Test CA']);
  });

  test('the certificates form a chain that verifies, with the extensions of a CA', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const childId = await create(account, { ...subordinateBody(rootId), path_length: 2 });
    const root = await certificateOf(account, rootId);
    const child = await certificateOf(account, childId);
    assert.ok(root.x509.verify(root.x509.publicKey));
    assert.ok(child.x509.verify(root.x509.publicKey));
    assert.ok(child.x509.checkIssued(root.x509));
    assert.deepEqual(root.parsed.known.basicConstraints, { ca: true, pathLength: undefined });
    assert.deepEqual(child.parsed.known.basicConstraints, { ca: true, pathLength: 2 });
    const usages = ['digitalSignature', 'keyCertSign', 'cRLSign'];
    assert.deepEqual([root.parsed.known.keyUsage, child.parsed.known.keyUsage], [usages, usages]);
    assert.deepEqual(
      child.parsed.known.authorityKeyIdentifier?.keyIdentifier,
      root.parsed.known.subjectKeyIdentifier,
    );
    assert.equal(child.x509.subject, 'CN=Test CA\nC=CN\nST=Sichuan\nL=Chengdu\nO=Example\nOU=PKI');
    assert.equal(child.parsed.serialNumber.toString(), (await details(account, childId)).serial_number);
  });

  test('the serial number is recorded with its issuer, the creation in the audit trail and in the quota', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const childId = await create(account, subordinateBody(rootId));
    const serials = await bench.database
      .tables<PrivateCaTables>()
      .selectFrom('issued_serials')
      .select(['subject_id', 'kind', 'serial_number'])
      .where('issuer_id', '=', rootId)
      .execute();
    assert.deepEqual(
      new Set(serials.map((row) => `${row.kind} ${row.subject_id} ${row.serial_number}`)),
      new Set([
        `ca ${rootId} ${(await details(account, rootId)).serial_number}`,
        `ca ${childId} ${(await details(account, childId)).serial_number}`,
      ]),
    );
    assert.deepEqual(
      (await account.audits()).map((event) => `${event.action} ${event.resource_id}`),
      [`pca:ca:create ${rootId}`, `pca:ca:create ${childId}`],
    );
    assert.equal(await usedQuota(account), 2);
  });
});

describe('type, distinguished_name (all six attributes) and key_algorithm are always mandatory', () => {
  const mandatory = [
    ['type', 'PCA.00020202'],
    ['distinguished_name', 'PCA.00020101'],
    ['key_algorithm', 'PCA.00020102'],
  ] as const;
  for (const [field, code] of mandatory) {
    test(`${field} is missing`, () =>
      refused(without(rootBody, field), 400, code, new RegExp(`${field} is mandatory`)));
  }

  for (const attribute of Object.keys(subject)) {
    test(`${attribute} is missing, or empty, which means the same`, async () => {
      const field = new RegExp(`distinguished_name\\.${attribute}`);
      const missing = { ...rootBody, distinguished_name: without(subject, attribute) };
      await refused(missing, 400, 'PCA.00020101', field);
      const empty = { ...rootBody, distinguished_name: { ...subject, [attribute]: '' } };
      await refused(empty, 400, 'PCA.00020101', field);
    });
  }

  test('a body is mandatory, and has to be an object', async () => {
    await refused(undefined, 400, 'PCA.00020001');
    await refused('null', 400, 'PCA.00020001');
    await refused('[]', 400, 'PCA.00020001');
    await refused('{', 400, 'PCA.00020001');
  });

  test('type is ROOT or SUBORDINATE', () =>
    refused({ ...rootBody, type: 'LEAF' }, 400, 'PCA.00020202', /ROOT/));
});

describe('root CA: validity and signature_algorithm are mandatory; issuer_id is not needed (self-signed, no parent CA)', () => {
  test('validity is missing', () => refused(without(rootBody, 'validity'), 400, 'PCA.00020109', /validity/));

  test('signature_algorithm is missing', () =>
    refused(without(rootBody, 'signature_algorithm'), 400, 'PCA.00020103', /signature_algorithm/));

  test('an issuer_id is ignored, the CA is self-signed', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, issuer_id: '00000000-0000-0000-0000-000000000000' });
    const { x509 } = await certificateOf(account, caId);
    assert.equal(x509.issuer, x509.subject);
    const ca = await details(account, caId);
    assert.deepEqual([ca.issuer_id, ca.issuer_name], [null, null]);
  });

  test('path_length is not required and not limited ([sdk] the parameter is ignored); 7 stands for that', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, path_length: 1 });
    assert.equal((await details(account, caId)).path_length, 7);
    const { parsed } = await certificateOf(account, caId);
    assert.equal(parsed.known.basicConstraints?.pathLength, undefined);
  });
});

describe('[sdk] a subordinate CA is created without activation when any one of issuer_id, signature_algorithm and validity is missing', () => {
  for (const field of ['issuer_id', 'signature_algorithm', 'validity']) {
    test(`without ${field} it is PENDING, and what else was given for activation is ignored`, async () => {
      const account = bench.account();
      const rootId = await create(account);
      const body = { ...subordinateBody(rootId), path_length: 3 };
      const ca = await details(account, await create(account, without(body, field)));
      const { issuer_id, issuer_name, serial_number, signature_algorithm, not_before, not_after } = ca;
      assert.equal(ca.status, 'PENDING');
      assert.equal(ca.path_length, 0);
      assert.deepEqual(
        [issuer_id, issuer_name, serial_number, signature_algorithm, not_before, not_after],
        [null, null, null, null, null, null],
      );
      assert.deepEqual(ca.distinguished_name, subject);
    });
  }

  test('an ignored issuer need not exist', async () => {
    const account = bench.account();
    const issuer_id = '00000000-0000-0000-0000-000000000000';
    assert.equal(
      (await details(account, await create(account, { ...pendingBody, issuer_id }))).status,
      'PENDING',
    );
  });
});

describe('subordinate CA activated at once: path_length is customizable, 0 to 6, default 0', () => {
  test('the default is 0', async () => {
    const account = bench.account();
    const caId = await create(account, subordinateBody(await create(account)));
    assert.equal((await details(account, caId)).path_length, 0);
    assert.equal((await certificateOf(account, caId)).parsed.known.basicConstraints?.pathLength, 0);
  });

  test('6 is the most', async () => {
    const account = bench.account();
    const caId = await create(account, { ...subordinateBody(await create(account)), path_length: 6 });
    assert.equal((await details(account, caId)).path_length, 6);
  });

  for (const pathLength of [-1, 7, 1.5, '1']) {
    test(`${JSON.stringify(pathLength)} is refused`, () =>
      refused({ ...pendingBody, path_length: pathLength }, 400, 'PCA.00020203', /path_length/));
  }

  test("it is less than the issuer's", async () => {
    const account = bench.account();
    const upper = await create(account, { ...subordinateBody(await create(account)), path_length: 2 });
    const body = { ...subordinateBody(upper), path_length: 2 };
    assertRefused(await account.send('POST', path, body), 400, 'PCA.00020203', /use at most 1/);
    const lower = await create(account, { ...body, path_length: 1 });
    const lowest = await create(account, subordinateBody(lower));
    const below = await account.send('POST', path, subordinateBody(lowest));
    assertRefused(below, 400, 'PCA.00020203', /no CA below it/);
  });
});

describe('the validity period of a root CA is at most 30 years, that of a subordinate CA at most 20 years', () => {
  const validities = [
    ['ROOT', 30, 31],
    ['SUBORDINATE', 20, 21],
  ] as const;
  for (const [type, most, tooLong] of validities) {
    test(`${type}: ${most} calendar years`, async () => {
      const account = bench.account();
      const rootId = await create(account, { ...rootBody, validity: { type: 'YEAR', value: 30 } });
      const body = type === 'ROOT' ? rootBody : subordinateBody(rootId);
      const ca = await details(
        account,
        await create(account, { ...body, validity: { type: 'YEAR', value: most } }),
      );
      assert.equal(ca.not_after, Date.UTC(2024 + most, 2, 15, 10, 20, 30));
      for (const validity of [
        { type: 'YEAR', value: tooLong },
        { type: 'MONTH', value: most * 12 },
        { type: 'DAY', value: tooLong * 366 },
        { type: 'HOUR', value: tooLong * 366 * 24 },
        { type: 'YEAR', value: 9e15 },
      ]) {
        const answer = await account.send('POST', path, { ...body, validity });
        assertRefused(answer, 400, 'PCA.00020109', new RegExp(`${most} years`));
      }
    });
  }

  test('[terraform docs] the validity of a subordinate CA lies within that of its issuer: it is cut at both ends', async () => {
    const account = bench.account();
    const start_from = testNowMs + yearMs;
    const rootId = await create(account, { ...rootBody, validity: { type: 'YEAR', value: 2, start_from } });
    const root = await details(account, rootId);
    const body = { ...subordinateBody(rootId), validity: { type: 'YEAR', value: 20 } };
    const child = await details(account, await create(account, body));
    assert.deepEqual([child.not_before, child.not_after], [root.not_before, root.not_after]);
  });

  test('no validity that has nothing in common with the issuer’s', async () => {
    const account = bench.account();
    const rootId = await create(account, { ...rootBody, validity: { type: 'DAY', value: 1 } });
    const validity = { type: 'DAY', value: 1, start_from: testNowMs + 2 * 86_400_000 };
    const answer = await account.send('POST', path, { ...subordinateBody(rootId), validity });
    assertRefused(answer, 400, 'PCA.00020109', /issuing CA/);
  });
});

describe('validity.type is YEAR (12 months each), MONTH (31 days each), DAY or HOUR', () => {
  const expected = {
    YEAR: Date.UTC(2026, 2, 15, 10, 20, 30),
    MONTH: Date.UTC(2024, 2, 15 + 62, 10, 20, 30),
    DAY: Date.UTC(2024, 2, 17, 10, 20, 30),
    HOUR: Date.UTC(2024, 2, 15, 12, 20, 30),
  };
  for (const [type, notAfter] of Object.entries(expected)) {
    test(`2 ${type}, exactly, from the current second`, async () => {
      const account = bench.account();
      const ca = await details(account, await create(account, { ...rootBody, validity: { type, value: 2 } }));
      assert.deepEqual([ca.not_before, ca.not_after], [Date.UTC(2024, 2, 15, 10, 20, 30), notAfter]);
    });
  }

  const wrong = [
    { type: 'WEEK', value: 1 },
    { type: 'YEAR', value: 0 },
    { type: 'YEAR', value: -1 },
    { type: 'YEAR', value: 1.5 },
    { type: 'YEAR', value: '1' },
    { type: 'YEAR' },
    { value: 1 },
    'YEAR',
  ];
  for (const validity of wrong) {
    test(`${JSON.stringify(validity)} is refused`, () =>
      refused({ ...rootBody, validity }, 400, 'PCA.00020109', /validity/));
  }
});

describe('validity.start_from is optional, in milliseconds; it must be larger than the current time minus 5 minutes', () => {
  const fiveMinutesAgo = testNowMs - 300_000;
  for (const start_from of [fiveMinutesAgo + 1, testNowMs + yearMs, String(testNowMs + yearMs)]) {
    test(`${JSON.stringify(start_from)} is accepted`, async () => {
      const account = bench.account();
      const body = { ...rootBody, validity: { type: 'YEAR', value: 1, start_from } };
      const ca = await details(account, await create(account, body));
      assert.equal(ca.not_before, Math.floor(Number(start_from) / 1000) * 1000);
    });
  }

  for (const start_from of [fiveMinutesAgo, 0, -1, 1.5, 'tomorrow', '', 9e15, Date.UTC(9999, 6, 1)]) {
    test(`${JSON.stringify(start_from)} is refused`, () =>
      refused(
        { ...rootBody, validity: { type: 'YEAR', value: 1, start_from } },
        400,
        'PCA.00020109',
        /validity/,
      ));
  }
});

describe('key_algorithm is RSA2048, RSA4096, EC256, EC384 or SM2', () => {
  const expected = {
    RSA2048: ['SHA256', 'rsa', '2048'],
    RSA4096: ['SHA512', 'rsa', '4096'],
    EC256: ['SHA512', 'ec', 'prime256v1'],
    EC384: ['SHA384', 'ec', 'secp384r1'],
  } as const;
  for (const [key_algorithm, [signature_algorithm, kind, size]] of Object.entries(expected)) {
    test(`${key_algorithm} with ${signature_algorithm}`, async () => {
      const account = bench.account();
      const caId = await create(account, { ...rootBody, key_algorithm, signature_algorithm });
      const { x509 } = await certificateOf(account, caId);
      const key = x509.publicKey.asymmetricKeyDetails;
      assert.equal(x509.publicKey.asymmetricKeyType, kind);
      assert.equal(String(key?.modulusLength ?? key?.namedCurve), size);
      assert.ok(x509.verify(x509.publicKey));
      const ca = await details(account, caId);
      assert.deepEqual([ca.key_algorithm, ca.signature_algorithm], [key_algorithm, signature_algorithm]);
    });
  }

  for (const key_algorithm of ['RSA1024', 'ED25519', 'ec256', 256]) {
    test(`${key_algorithm} is refused`, () =>
      refused({ ...rootBody, key_algorithm }, 400, 'PCA.00020102', /key_algorithm/));
  }
});

describe('signature_algorithm is SHA256, SHA384, SHA512 or SM3 (SM3 with SM2)', () => {
  const sm2Body = { ...rootBody, key_algorithm: 'SM2', signature_algorithm: 'SM3' };

  test('an SM2 hierarchy signs with SM2 and SM3', async () => {
    const account = bench.account();
    const rootId = await create(account, sm2Body);
    const body = { ...subordinateBody(rootId), key_algorithm: 'SM2', signature_algorithm: 'SM3' };
    const { parsed } = await certificateOf(account, await create(account, body));
    assert.equal(parsed.signatureAlgorithm?.name, 'SM3withSM2');
  });

  test('SM2 with SHA256 is refused', () =>
    refused({ ...sm2Body, signature_algorithm: 'SHA256' }, 400, 'PCA.00020103', /use SM3/));

  test('RSA2048 with SM3 is refused', () =>
    refused({ ...sm2Body, key_algorithm: 'RSA2048' }, 400, 'PCA.00020103', /use SHA256, SHA384 or SHA512/));

  test('it has to fit the key that signs, which is the issuer’s', async () => {
    const account = bench.account();
    const rootId = await create(account, sm2Body);
    assertRefused(
      await account.send('POST', path, subordinateBody(rootId)),
      400,
      'PCA.00020103',
      /SM2: use SM3/,
    );
    const caId = await create(account, { ...subordinateBody(rootId), signature_algorithm: 'SM3' });
    assert.equal((await details(account, caId)).signature_algorithm, 'SM3');
  });

  test('an SM2 CA has an SM2 issuer', async () => {
    const account = bench.account();
    const body = { ...subordinateBody(await create(account)), key_algorithm: 'SM2' };
    assertRefused(await account.send('POST', path, body), 400, 'PCA.00020102', /issuing CA whose key is SM2/);
  });

  for (const signature_algorithm of ['SHA1', 'MD5', 'sha256', 256]) {
    test(`${signature_algorithm} is refused`, () =>
      refused({ ...rootBody, signature_algorithm }, 400, 'PCA.00020103', /SHA512/));
  }
});

describe('[A.2.2] the issuing CA must exist (404 PCA.00030103) and be ACTIVED', () => {
  test('it does not exist', () =>
    refused(subordinateBody('00000000-0000-0000-0000-000000000000'), 404, 'PCA.00030103', /issuer_id/));

  test("another account's does not exist", async () =>
    refused(subordinateBody(await create(bench.account())), 404, 'PCA.00030103'));

  test('it is not an id', () => refused(subordinateBody('the-root'), 400, 'PCA.00020201', /issuer_id/));

  test('it is DISABLED', async () => {
    const account = bench.account();
    const rootId = await create(account);
    assertDone(await post(account, rootId, 'disable'));
    const answer = await account.send('POST', path, subordinateBody(rootId));
    assertRefused(answer, 403, 'PCA.00030201', /DISABLED; it has to be ACTIVED/);
  });

  test('it is PENDING', async () => {
    const account = bench.account();
    const answer = await account.send('POST', path, subordinateBody(await create(account, pendingBody)));
    assertRefused(answer, 403, 'PCA.00030201', /PENDING/);
  });

  test('it is frozen', async () => {
    const account = bench.account();
    const rootId = await create(account);
    await bench.database.transaction((transaction) =>
      transaction
        .tables<PrivateCaTables>()
        .updateTable('certificate_authorities')
        .set({ freeze_flag: 1 })
        .where('ca_id', '=', rootId)
        .execute(),
    );
    assertRefused(await account.send('POST', path, subordinateBody(rootId)), 403, 'PCA.00030202');
  });

  test('its key usage has to permit it: keyCertSign', async () => {
    const account = bench.account();
    const body = { ...subordinateBody(await create(account)), path_length: 1, key_usages: ['cRLSign'] };
    const answer = await account.send('POST', path, subordinateBody(await create(account, body)));
    assertRefused(answer, 400, 'PCA.00020001', /issuer_id.*keyCertSign/);
  });

  test('an id in upper case is the same id', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const ca = await details(account, await create(account, subordinateBody(rootId.toUpperCase())));
    assert.equal(ca.issuer_id, rootId);
  });
});

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
    const order = { ...orderOf30 };
    assert.equal((await account.send('POST', `${path}/order`, order)).status, 200);
    assertRefused(await account.send('POST', path, rootBody), 403, 'PCA.00030001', /30 of 30/);
    assert.equal(await usedQuota(account), 30);
    assert.equal((await account.audits()).length, 30);
  });

  test('of requests at the same time only as many succeed as there is room', async () => {
    const account = bench.account();
    await account.send('POST', `${path}/order`, { ...orderOf30, subscription_num: 27 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => account.send('POST', path, rootBody)));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 200, 200, 403, 403, 403]);
    assert.equal(await usedQuota(account), 30);
  });
});

const orderOf30 = {
  cloud_service_type: 'hws.service.type.ccm',
  charging_mode: 0,
  period_type: 2,
  period_num: 1,
  is_auto_renew: 0,
  subscription_num: 30,
  product_infos: [
    {
      cloud_service_type: 'hws.service.type.ccm',
      resource_type: 'hws.resource.type.pca.duration',
      resource_spec_code: 'ca.duration',
    },
  ],
};

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
      conditions: { 'g:EnterpriseProjectId': knownProject },
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

test('who lacks the permission is refused (401 PCA.00010004)', async () => {
  const answer = await bench.account().without('pca:ca:create').send('POST', path, rootBody);
  assertRefused(answer, 401, 'PCA.00010004', /pca:ca:create/);
});
