import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCsr, parsePem } from '../../pki/index.ts';
import { knownProject, openSqliteBench, testNowMs, unknownProject } from '../private-ca.fixture.ts';
import {
  activationBody,
  assertDone,
  assertRefused,
  certificateOf,
  create,
  details,
  order,
  path,
  pendingBody,
  post,
  rootBody,
  subject,
  subordinateBody,
  without,
} from './authorities.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });
const account = bench.account();
const rootId = await create(account, { ...rootBody, validity: { type: 'YEAR', value: 30 } });
const unknownId = '00000000-0000-0000-0000-000000000000';

const pending = () => create(account, pendingBody);
const purchased = () => order(account);
/** What a purchased CA needs besides. */
const information = { distinguished_name: { ...subject, common_name: 'Bought CA' }, key_algorithm: 'EC384' };

async function refused(body: unknown, status: number, code: string, text: RegExp | '' = ''): Promise<void> {
  const caId = await pending();
  assertRefused(await post(account, caId, 'activate', body), status, code, text);
  assert.equal((await details(account, caId)).status, 'PENDING');
}

describe('allowed only in status PENDING ([A.2.2] otherwise 403 PCA.00030201)', () => {
  test('success is 204 without a body; the CA is then ACTIVED, certified by its issuer with its own key', async () => {
    const caId = await pending();
    const { body } = await account.send<{ csr: string }>('GET', `${path}/${caId}/csr`);
    assertDone(await post(account, caId, 'activate', activationBody(rootId)));
    const ca = await details(account, caId);
    assert.deepEqual(
      [ca.status, ca.issuer_id, ca.issuer_name, ca.signature_algorithm, ca.gen_mode, ca.charging_mode],
      ['ACTIVED', rootId, 'Test CA', 'SHA256', 'GENERATE', 1],
    );
    const { parsed, x509 } = await certificateOf(account, caId);
    const csrKey = parseCsrKey(body.csr);
    assert.deepEqual(Buffer.from(parsed.spki), csrKey);
    assert.ok(x509.verify((await certificateOf(account, rootId)).x509.publicKey));
    const last = (await account.audits()).at(-1);
    assert.deepEqual([last?.action, last?.resource_id], ['pca:ca:activate', caId]);
  });

  test('an ACTIVED, a DISABLED and a DELETED CA are refused', async () => {
    const caId = await create(account, subordinateBody(rootId));
    const activate = () => post(account, caId, 'activate', activationBody(rootId));
    assertRefused(await activate(), 403, 'PCA.00030201', /ACTIVED; it has to be PENDING/);
    assertDone(await post(account, caId, 'disable'));
    assertRefused(await activate(), 403, 'PCA.00030201', /DISABLED/);
    assertDone(await account.send('DELETE', `${path}/${caId}`));
    assertRefused(await activate(), 403, 'PCA.00030201', /DELETED/);
  });

  test('of two activations at the same time one succeeds', async () => {
    const caId = await pending();
    const answers = await Promise.all(
      [1, 2].map(() => post(account, caId, 'activate', activationBody(rootId))),
    );
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [204, 403]);
  });

  test('an unknown CA, and one of another account, is not found (404 PCA.00030102)', async () => {
    assertRefused(await post(account, unknownId, 'activate', activationBody(rootId)), 404, 'PCA.00030102');
    const answer = await post(bench.account(), await pending(), 'activate', activationBody(rootId));
    assertRefused(answer, 404, 'PCA.00030102');
  });

  test('either action permits it: pca:ca:activate and its alias pca:ca:active', async () => {
    for (const action of ['pca:ca:activate', 'pca:ca:active']) {
      const answer = await post(account.without(action), await pending(), 'activate', activationBody(rootId));
      assertRefused(answer, 401, 'PCA.00010004');
    }
  });
});

describe('issuer_id, signature_algorithm and validity are mandatory', () => {
  const codes = {
    issuer_id: 'PCA.00020201',
    signature_algorithm: 'PCA.00020103',
    validity: 'PCA.00020109',
  };
  for (const [field, code] of Object.entries(codes)) {
    test(`${field} is missing`, () =>
      refused(without(activationBody(rootId), field), 400, code, new RegExp(`${field} is mandatory`)));
  }

  test('no body', () => refused(undefined, 400, 'PCA.00020001'));

  test('issuer_id has the form of an ID', () =>
    refused(activationBody('root'), 400, 'PCA.00020201', /issuer_id/));
});

describe('[A.2.2] the issuing CA must exist (404 PCA.00030103) and be ACTIVED', () => {
  test('it does not exist, or not in this account', async () => {
    await refused(activationBody(unknownId), 404, 'PCA.00030103');
    await refused(activationBody(await create(bench.account())), 404, 'PCA.00030103');
  });

  test('it is PENDING, which is also what keeps a CA from certifying itself', async () => {
    const caId = await pending();
    assertRefused(
      await post(account, caId, 'activate', activationBody(caId)),
      403,
      'PCA.00030201',
      /PENDING/,
    );
  });
});

describe('type, distinguished_name and key_algorithm are mandatory if a yearly/monthly CA is activated', () => {
  const body = { ...activationBody(rootId), ...information, type: 'SUBORDINATE' };
  const codes = { type: 'PCA.00020202', distinguished_name: 'PCA.00020101', key_algorithm: 'PCA.00020102' };
  for (const [field, code] of Object.entries(codes)) {
    test(`${field} is missing`, async () => {
      const answer = await post(account, await purchased(), 'activate', without(body, field));
      assertRefused(answer, 400, code, new RegExp(`${field} is mandatory`));
    });
  }

  test('a subordinate CA', async () => {
    const caId = await purchased();
    assertDone(await post(account, caId, 'activate', { ...body, path_length: 2 }));
    const ca = await details(account, caId);
    assert.deepEqual(
      [ca.type, ca.status, ca.key_algorithm, ca.path_length, ca.charging_mode, ca.issuer_id],
      ['SUBORDINATE', 'ACTIVED', 'EC384', 2, 0, rootId],
    );
    assert.deepEqual(ca.distinguished_name, information.distinguished_name);
  });

  test('[terraform] a yearly/monthly CA is ordered first and then activated; a root CA is activated without issuer_id', async () => {
    const caId = await purchased();
    const rootActivation = {
      ...without(body, 'issuer_id'),
      type: 'ROOT',
      key_usages: ['cRLSign'],
      path_length: 1,
    };
    assertDone(await post(account, caId, 'activate', rootActivation));
    const ca = await details(account, caId);
    assert.deepEqual([ca.type, ca.status, ca.issuer_id, ca.path_length], ['ROOT', 'ACTIVED', null, 7]);
    const { parsed, x509 } = await certificateOf(account, caId);
    assert.ok(x509.verify(x509.publicKey));
    assert.deepEqual(parsed.known.keyUsage, ['digitalSignature', 'keyCertSign', 'cRLSign']);
  });

  test('the permission can be limited by the name, given or saved', async () => {
    const askedNames = () =>
      Object.entries(
        bench.asked.findLast(({ action }) => action === 'pca:ca:activate')?.conditions ?? {},
      ).find(([key]) => key === 'pca:SubjectNames')?.[1];
    await post(account, await purchased(), 'activate', { ...activationBody(rootId), ...information });
    assert.deepEqual(askedNames(), ['CN:Bought CA']);
    await post(account, await pending(), 'activate', activationBody(rootId));
    assert.deepEqual(askedNames(), [`CN:${pendingBody.distinguished_name.common_name}`]);
  });

  test('a purchased subordinate CA needs an issuer', async () => {
    const answer = await post(account, await purchased(), 'activate', without(body, 'issuer_id'));
    assertRefused(answer, 400, 'PCA.00020201', /issuer_id/);
  });

  test('of a CA that has its information, the same may be sent again, other is refused', async () => {
    const same = { type: 'SUBORDINATE', distinguished_name: subject, key_algorithm: 'EC256' };
    assertDone(await post(account, await pending(), 'activate', { ...activationBody(rootId), ...same }));
    const with_ = (fields: object) => ({ ...activationBody(rootId), ...fields });
    await refused(with_({ type: 'ROOT' }), 400, 'PCA.00020202', /differs/);
    await refused(
      with_({ distinguished_name: information.distinguished_name }),
      400,
      'PCA.00020101',
      /differs/,
    );
    await refused(with_({ key_algorithm: 'RSA2048' }), 400, 'PCA.00020102', /differs/);
  });
});

describe('what the certificate holds', () => {
  test('path_length is 0 to 6; [4.2.1.2] it defaults to 0 for an activated subordinate CA', async () => {
    for (const [path_length, expected] of [
      [undefined, 0],
      [0, 0],
      [6, 6],
    ] as const) {
      const caId = await pending();
      assertDone(await post(account, caId, 'activate', { ...activationBody(rootId), path_length }));
      assert.equal((await details(account, caId)).path_length, expected);
    }
    for (const path_length of [-1, 7]) {
      await refused({ ...activationBody(rootId), path_length }, 400, 'PCA.00020203', /path_length/);
    }
    const lowest = await create(account, subordinateBody(rootId));
    await refused(activationBody(lowest), 400, 'PCA.00020203', /no CA below/);
  });

  test('signature_algorithm is SHA256, SHA384, SHA512 or SM3, and fits the issuer’s key', async () => {
    for (const signature_algorithm of ['SHA256', 'SHA384', 'SHA512']) {
      const caId = await pending();
      assertDone(await post(account, caId, 'activate', { ...activationBody(rootId), signature_algorithm }));
      assert.equal((await details(account, caId)).signature_algorithm, signature_algorithm);
    }
    await refused(
      { ...activationBody(rootId), signature_algorithm: 'SM3' },
      400,
      'PCA.00020103',
      /signing key/,
    );
    await refused({ ...activationBody(rootId), signature_algorithm: 'SHA1' }, 400, 'PCA.00020103', /SHA256/);
  });

  test('key_algorithm is RSA2048, RSA4096, EC256, EC384 or SM2', () =>
    refused({ ...activationBody(rootId), key_algorithm: 'DSA' }, 400, 'PCA.00020102', /SM2/));

  test('SM2: a root CA is bought, and signs its subordinate CA with SM3', async () => {
    const sm2 = {
      ...information,
      key_algorithm: 'SM2',
      signature_algorithm: 'SM3',
      validity: { type: 'YEAR', value: 1 },
    };
    const sm2Root = await purchased();
    assertDone(await post(account, sm2Root, 'activate', { ...sm2, type: 'ROOT' }));
    const caId = await purchased();
    const distinguished_name = { ...subject, common_name: 'SM2 CA' };
    const child = { ...sm2, distinguished_name, type: 'SUBORDINATE', issuer_id: sm2Root };
    assertDone(await post(account, caId, 'activate', child));
    assert.equal((await certificateOf(account, caId)).parsed.signatureAlgorithm?.name, 'SM3withSM2');
  });

  test('the validity period of a root CA is at most 30 years, that of a subordinate CA at most 20 years', async () => {
    await refused(
      { ...activationBody(rootId), validity: { type: 'YEAR', value: 21 } },
      400,
      'PCA.00020109',
      /20/,
    );
    const body = { ...information, type: 'ROOT', signature_algorithm: 'SHA256' };
    const tooLong = { ...body, validity: { type: 'YEAR', value: 31 } };
    assertRefused(await post(account, await purchased(), 'activate', tooLong), 400, 'PCA.00020109', /30/);
  });

  const expected = {
    YEAR: Date.UTC(2025, 2, 15, 10, 20, 30),
    MONTH: Date.UTC(2024, 2, 15 + 31, 10, 20, 30),
    DAY: Date.UTC(2024, 2, 16, 10, 20, 30),
    HOUR: Date.UTC(2024, 2, 15, 11, 20, 30),
  };
  for (const [type, notAfter] of Object.entries(expected)) {
    test(`validity.type is YEAR (12 months each), MONTH (31 days each), DAY or HOUR: ${type}`, async () => {
      const caId = await pending();
      const validity = { type, value: 1 };
      assertDone(await post(account, caId, 'activate', { ...activationBody(rootId), validity }));
      assert.equal((await details(account, caId)).not_after, notAfter);
    });
  }

  test('validity.start_from is optional, in milliseconds; it must be larger than the current time minus 5 minutes', async () => {
    const at = (start_from: unknown) => ({
      ...activationBody(rootId),
      validity: { type: 'DAY', value: 1, start_from },
    });
    await refused(at(testNowMs - 300_000), 400, 'PCA.00020109', /start_from/);
    const caId = await pending();
    assertDone(await post(account, caId, 'activate', at(String(testNowMs + 86_400_000))));
    assert.equal((await details(account, caId)).not_before, Date.UTC(2024, 2, 16, 10, 20, 30));
  });

  test('key_usages of a subordinate CA default to [digitalSignature, keyCertSign, cRLSign] and can be customized, at creation or now', async () => {
    const usages = async (atCreation: string[] | undefined, now: string[] | undefined) => {
      const caId = await create(account, { ...pendingBody, key_usages: atCreation });
      assertDone(await post(account, caId, 'activate', { ...activationBody(rootId), key_usages: now }));
      return (await certificateOf(account, caId)).parsed.known.keyUsage;
    };
    const normal = ['digitalSignature', 'keyCertSign', 'cRLSign'];
    assert.deepEqual(await usages(undefined, undefined), normal);
    assert.deepEqual(await usages(undefined, []), normal);
    assert.deepEqual(await usages(['keyCertSign'], undefined), ['keyCertSign']);
    assert.deepEqual(await usages(['keyCertSign'], ['cRLSign']), ['cRLSign']);
  });

  test('in the distinguished name, the limits are those of the creation', async () => {
    const distinguished_name = { ...subject, common_name: 'a'.repeat(65) };
    const body = { ...activationBody(rootId), ...information, type: 'SUBORDINATE', distinguished_name };
    const answer = await post(account, await purchased(), 'activate', body);
    assertRefused(answer, 400, 'PCA.00020101', /distinguished_name\.common_name/);
  });
});

describe('what is not offered here', () => {
  test('hsm_cluster_info can be used only by users in the whitelist', () => {
    const hsm_cluster_info = { hsm_project: 'p', hsm_cluster_id: 'c', hsm_ca_cert: 'x' };
    return refused({ ...activationBody(rootId), hsm_cluster_info }, 401, 'PCA.00000101', /whitelist/);
  });

  test('crl_configuration.enabled is mandatory in it; with enabled true, obs_bucket_name and valid_days (7 to 30 days) are mandatory', async () => {
    const with_ = (crl_configuration: object) => ({ ...activationBody(rootId), crl_configuration });
    await refused(with_({}), 400, 'PCA.00020204', /enabled/);
    await refused(with_({ enabled: true, valid_days: 7 }), 400, 'PCA.00020204', /obs_bucket_name/);
    await refused(
      with_({ enabled: true, obs_bucket_name: 'b', valid_days: 31 }),
      400,
      'PCA.00020204',
      /valid_days/,
    );
  });

  test('with CRL enabled, an agency must have been created and the bucket must exist; otherwise an error is reported', () => {
    const crl_configuration = { enabled: true, obs_bucket_name: 'b', valid_days: 7 };
    return refused({ ...activationBody(rootId), crl_configuration }, 400, 'PCA.00020204', /not available/);
  });

  test('with CRL disabled, crl_name, which defaults to the ID of the issuing CA, is null', async () => {
    const caId = await pending();
    const crl_configuration = { enabled: false, crl_name: '', valid_days: 8 };
    assertDone(await post(account, caId, 'activate', { ...activationBody(rootId), crl_configuration }));
    assert.equal((await details(account, caId)).crl_configuration.crl_name, null);
  });
});

describe('enterprise_project_id must be all, 0 or an id; it need not be set', () => {
  test('not set, the CA stays in its project', async () => {
    for (const enterprise_project_id of [undefined, '', 'all']) {
      const caId = await create(account, { ...pendingBody, enterprise_project_id: knownProject });
      assertDone(await post(account, caId, 'activate', { ...activationBody(rootId), enterprise_project_id }));
      assert.equal((await details(account, caId)).enterprise_project_id, knownProject);
    }
  });

  test('set, the CA moves, with the permission in both projects', async () => {
    const caId = await pending();
    const enterprise_project_id = knownProject;
    assertDone(await post(account, caId, 'activate', { ...activationBody(rootId), enterprise_project_id }));
    assert.equal((await details(account, caId)).enterprise_project_id, knownProject);
    const projects = bench.asked
      .filter(({ action, resource }) => action === 'pca:ca:activate' && resource?.endsWith(caId))
      .map(({ conditions }) => Object.values(conditions)[0]);
    assert.deepEqual(projects, ['0', knownProject]);
  });

  test('who has the permission in that project only does not have the CA certified by one of another', async () => {
    const inProject = { enterprise_project_id: knownProject };
    const caId = await create(account, { ...pendingBody, ...inProject });
    const member = account.without('pca:ca:activate@0');
    const refusal = await post(member, caId, 'activate', activationBody(rootId));
    assertRefused(refusal, 401, 'PCA.00010004', /pca:ca:activate/);
    const ownRoot = await create(account, { ...rootBody, ...inProject });
    assertDone(await post(member, caId, 'activate', activationBody(ownRoot)));
  });

  test('an unknown one, or another form, is refused', async () => {
    for (const enterprise_project_id of [unknownProject, 'mine']) {
      const body = { ...activationBody(rootId), enterprise_project_id };
      await refused(body, 400, 'PCA.00020001', /enterprise_project_id/);
    }
  });
});

function parseCsrKey(pem: string): Buffer {
  return Buffer.from(parseCsr(parsePem(pem)[0]!.der).spki);
}
