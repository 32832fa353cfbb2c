import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  basicConstraintsExtension,
  encodePem,
  generateKeyPair,
  issueCertificate,
  type KeyUsage,
  keyIdentifierOf,
  keyUsageExtension,
  nameFromAttributes,
  parseCsr,
  parseSinglePem,
  signatureAlgorithmFor,
  signerFromPkcs8,
  verifyStructure,
} from '../../pki/index.ts';
import {
  allowBucket,
  caCertificate,
  createCa,
  exportedCertificate,
  installOnSqlite,
  issue,
  path,
  publishedCrl,
  rootBody,
} from '../revocation.fixture.ts';

const installation = await installOnSqlite();
const { call, clock, identity, jobs, refused, storage } = installation;
const { acme, globex } = identity;
await allowBucket(installation, acme, 'crls');
await allowBucket(installation, globex, 'theirs');

const whole = { crl_name: 'test', obs_bucket_name: 'crls', valid_days: 7 };
const off = {
  enabled: false,
  crl_name: null,
  obs_bucket_name: null,
  valid_days: null,
  crl_dis_point: null,
};

interface Details {
  readonly status: string;
  readonly crl_configuration: {
    readonly enabled: boolean;
    readonly crl_name: string | null;
    readonly crl_dis_point: string | null;
  };
}

const details = (caId: string) => call<Details>(acme, 200, 'GET', `${path}/${caId}`);
const configurationOf = async (caId: string) => (await details(caId)).crl_configuration;
const enable = (caId: string, body: object) => call(acme, 204, 'POST', `${path}/${caId}/crl/enable`, body);
const disable = (caId: string, body?: object) =>
  body === undefined
    ? call(acme, 204, 'POST', `${path}/${caId}/crl/disable`)
    : call(acme, 204, 'POST', `${path}/${caId}/crl/disable`, body);
const refusedCrl = (caId: string, body: object, text: RegExp, code = '400 PCA.00020204') =>
  refused(acme, code, text, ['POST', `${path}/${caId}/crl/enable`, body]);

const subordinateBody = (issuerId: string) => ({
  ...rootBody,
  type: 'SUBORDINATE',
  issuer_id: issuerId,
  validity: { type: 'YEAR', value: 1 },
});

describe('enabling a CRL', () => {
  test('success is 204 without a body; details show the configuration and the address, composed of name, bucket and OBS address', async () => {
    const caId = await createCa(installation, acme);
    assert.equal(await enable(caId, whole), undefined);
    assert.deepEqual(await configurationOf(caId), {
      enabled: true,
      ...whole,
      crl_dis_point: 'http://obs.example/crls/test.crl',
    });
    await disable(caId);
  });

  test('crl_name defaults to the ID of the CA whose CRL it is (PCA-D014); empty and null are not set', async () => {
    for (const sent of [{}, { crl_name: '' }, { crl_name: null }]) {
      const caId = await createCa(installation, acme);
      await enable(caId, { obs_bucket_name: 'crls', valid_days: 30, ...sent });
      const { crl_dis_point, crl_name } = await configurationOf(caId);
      assert.deepEqual([crl_name, crl_dis_point], [caId, `http://obs.example/crls/${caId}.crl`]);
    }
  });

  for (const field of ['obs_bucket_name', 'valid_days'] as const) {
    test(`${field} is mandatory`, async () => {
      const { [field]: _, ...body } = whole;
      await refusedCrl(await createCa(installation, acme), body, new RegExp(field));
    });
  }

  for (const [name, body] of Object.entries({
    'valid_days 6': { ...whole, valid_days: 6 },
    'valid_days 31': { ...whole, valid_days: 31 },
    'valid_days 7.5': { ...whole, valid_days: 7.5 },
    'valid_days "7"': { ...whole, valid_days: '7' },
    'an empty obs_bucket_name': { ...whole, obs_bucket_name: '' },
    'a bucket that is not there': { ...whole, obs_bucket_name: 'none' },
    "another account's bucket": { ...whole, obs_bucket_name: 'theirs' },
    'crl_name with a slash': { ...whole, crl_name: '../other' },
    'crl_name of 65 characters': { ...whole, crl_name: 'x'.repeat(65) },
    'crl_name that would be a delta': { ...whole, crl_name: 'test.delta' },
    'crl_name 5': { ...whole, crl_name: 5 },
    'delta_hours 0': { ...whole, delta_hours: 0 },
    'delta_hours of valid_days': { ...whole, delta_hours: 168 },
  })) {
    test(`${name}: 400 PCA.00020204`, async () => {
      const caId = await createCa(installation, acme);
      await refusedCrl(caId, body, /crl_name|obs_bucket_name|valid_days|delta_hours/);
      assert.deepEqual(await configurationOf(caId), off);
    });
  }

  test('delta_hours is shown only where deltas are published', async () => {
    const caId = await createCa(installation, acme);
    await enable(caId, { ...whole, crl_name: 'with-deltas', delta_hours: 12 });
    assert.deepEqual(await configurationOf(caId), {
      enabled: true,
      ...whole,
      crl_name: 'with-deltas',
      delta_hours: 12,
      crl_dis_point: 'http://obs.example/crls/with-deltas.crl',
    });
  });

  test('two CAs cannot have their CRL in the same file, also when they try at once', async () => {
    const [first, second] = [await createCa(installation, acme), await createCa(installation, acme)];
    const body = { ...whole, crl_name: 'shared' };
    await enable(first, body);
    await refusedCrl(second, body, /another CA/);
    const crl_configuration = { enabled: true, ...body };
    const text = /another CA/;
    await refused(acme, '400 PCA.00020204', text, ['POST', path, { ...rootBody, crl_configuration }]);
    await disable(first);
    await enable(second, body);
  });

  test('is allowed for a DISABLED CA, which stays DISABLED (PCA-D072)', async () => {
    const caId = await createCa(installation, acme);
    await call(acme, 204, 'POST', `${path}/${caId}/disable`);
    await enable(caId, { obs_bucket_name: 'crls', valid_days: 7 });
    const { crl_configuration, status } = await details(caId);
    assert.equal(status, 'DISABLED');
    assert.ok(crl_configuration.crl_name && crl_configuration.crl_dis_point);
    await jobs.runDue();
    assert.equal(publishedCrl(installation, `crls/${caId}.crl`).number, 1n);
  });

  test('is not allowed for a PENDING CA nor for one that is DELETED: 403 PCA.00030201', async () => {
    const { type, distinguished_name, key_algorithm } = { ...rootBody, type: 'SUBORDINATE' };
    const pending = await createCa(installation, acme, {
      type,
      distinguished_name,
      key_algorithm,
      validity: undefined,
      signature_algorithm: undefined,
    });
    await refusedCrl(pending, whole, /PENDING/, '403 PCA.00030201');
    const deleted = await createCa(installation, acme);
    await call(acme, 204, 'POST', `${path}/${deleted}/disable`);
    await call(acme, 204, 'DELETE', `${path}/${deleted}?pending_days=7`);
    await refusedCrl(deleted, whole, /DELETED/, '403 PCA.00030201');
  });

  test('a CRL that is enabled already gets the new configuration (PCA-D073)', async () => {
    const caId = await createCa(installation, acme);
    await enable(caId, { ...whole, crl_name: 'before' });
    await jobs.runDue();
    await enable(caId, { ...whole, crl_name: 'after', valid_days: 30 });
    await jobs.runDue();
    const crl = publishedCrl(installation, 'crls/after.crl');
    assert.equal(crl.number, 2n);
    assert.equal(crl.nextUpdateMs! - crl.thisUpdateMs, 31 * 86_400_000);
  });

  test('needs cRLSign in the key usage of the CA', async () => {
    const rootId = await createCa(installation, acme);
    const body = { ...subordinateBody(rootId), key_usages: ['digitalSignature', 'keyCertSign'] };
    await refusedCrl(await createCa(installation, acme, body), whole, /cRLSign/);
    const crl_configuration = { enabled: true, ...whole };
    await refused(acme, '400 PCA.00020204', /cRLSign/, ['POST', path, { ...body, crl_configuration }]);
  });

  test('needs pca:ca:enableCrl, and disabling pca:ca:disableCrl', async () => {
    const caId = await createCa(installation, acme);
    const permit = (action: string) => ({
      Version: '1.1',
      Statement: [{ Effect: 'Allow', Action: [action] }],
    });
    const enabler = await identity.addUser(acme, 'enabler', [permit('pca:ca:enableCrl')]);
    const disabler = await identity.addUser(acme, 'disabler', [permit('pca:ca:disableCrl')]);
    const body = { ...whole, crl_name: 'permitted' };
    await refused(disabler, '401 PCA.00010004', /enableCrl/, ['POST', `${path}/${caId}/crl/enable`, body]);
    await call(enabler, 204, 'POST', `${path}/${caId}/crl/enable`, body);
    await refused(enabler, '401 PCA.00010004', /disableCrl/, ['POST', `${path}/${caId}/crl/disable`]);
    await call(disabler, 204, 'POST', `${path}/${caId}/crl/disable`);
  });

  test("an unknown CA and another account's are not found; an id that is none is told", async () => {
    const theirs = await createCa(installation, globex);
    for (const caId of [theirs, '11111111-2222-3333-4444-555555555555']) {
      await refusedCrl(caId, whole, /ca_id/, '404 PCA.00030102');
      await refused(acme, '404 PCA.00030102', /ca_id/, ['POST', `${path}/${caId}/crl/disable`]);
    }
    await refusedCrl('nonsense', whole, /ca_id/, '400 PCA.00020201');
  });
});

describe('disabling a CRL', () => {
  test('needs no body, answers 204 without one, and empties the configuration; again it changes nothing', async () => {
    for (const body of [undefined, {}]) {
      const caId = await createCa(installation, acme);
      await enable(caId, { ...whole, crl_name: caId });
      assert.equal(await disable(caId, body), undefined);
      assert.deepEqual(await configurationOf(caId), off);
      await disable(caId, body);
    }
  });

  test('the CRL stays where certificates point to, and is published no more', async () => {
    const caId = await createCa(installation, acme);
    await enable(caId, { ...whole, crl_name: 'stays' });
    await jobs.runDue();
    await disable(caId);
    storage.beforePut = () => assert.fail('nothing is published');
    await jobs.runDue();
    storage.beforePut = () => {};
    assert.equal(publishedCrl(installation, 'crls/stays.crl').number, 1n);
  });
});

describe('the configuration at creation and activation', () => {
  const crl_configuration = { enabled: true, obs_bucket_name: 'crls', valid_days: 8 };

  test('a CA that is created with it publishes at once', async () => {
    const caId = await createCa(installation, acme, { crl_configuration });
    await jobs.runDue();
    assert.equal((await configurationOf(caId)).enabled, true);
    const crl = publishedCrl(installation, `crls/${caId}.crl`);
    assert.equal(crl.nextUpdateMs! - crl.thisUpdateMs, 9 * 86_400_000);
  });

  test('a PENDING CA keeps it until it is activated, unless the activation says otherwise', async () => {
    const rootId = await createCa(installation, acme);
    const pendingBody = { type: 'SUBORDINATE', validity: undefined, signature_algorithm: undefined };
    const activation = {
      issuer_id: rootId,
      signature_algorithm: 'SHA256',
      validity: { type: 'YEAR', value: 1 },
    };
    const kept = await createCa(installation, acme, { ...pendingBody, crl_configuration });
    await jobs.runDue();
    assert.equal(storage.objects.has(`crls/${kept}.crl`), false);
    await call(acme, 204, 'POST', `${path}/${kept}/activate`, activation);
    await jobs.runDue();
    assert.equal(publishedCrl(installation, `crls/${kept}.crl`).number, 1n);

    const changed = await createCa(installation, acme, { ...pendingBody, crl_configuration });
    const none = { ...activation, crl_configuration: { enabled: false } };
    await call(acme, 204, 'POST', `${path}/${changed}/activate`, none);
    assert.deepEqual(await configurationOf(changed), off);

    const given = await createCa(installation, acme, pendingBody);
    await call(acme, 204, 'POST', `${path}/${given}/activate`, { ...activation, crl_configuration });
    await jobs.runDue();
    assert.equal(publishedCrl(installation, `crls/${given}.crl`).number, 1n);
  });

  test('a PENDING CA keeps it until its certificate from outside is imported, which has to permit cRLSign', async () => {
    const pending = { type: 'SUBORDINATE', validity: undefined, signature_algorithm: undefined };
    const caId = await createCa(installation, acme, { ...pending, crl_configuration });
    const { csr } = await call<{ csr: string }>(acme, 200, 'GET', `${path}/${caId}/csr`);
    const { spki, subject } = parseCsr(parseSinglePem(csr, 'CERTIFICATE REQUEST'));
    const { privateKeyPkcs8 } = await generateKeyPair('EC256');
    const signer = signerFromPkcs8(privateKeyPkcs8);
    const issued = async (...usages: KeyUsage[]) => {
      const der = await issueCertificate({
        serialNumber: 7n,
        issuer: nameFromAttributes({ commonName: 'Outside', country: 'CN' }),
        subject,
        notBeforeMs: clock.nowMs(),
        notAfterMs: clock.nowMs() + 1_000 * 86_400_000,
        subjectPublicKeySpki: spki,
        extensions: [basicConstraintsExtension(true), keyUsageExtension(usages)],
        signatureAlgorithm: signatureAlgorithmFor('EC256'),
        signer,
      });
      return { certificate: encodePem('CERTIFICATE', der) };
    };
    const url = `${path}/${caId}/import`;
    await refused(acme, '400 PCA.00020204', /cRLSign/, ['POST', url, await issued('keyCertSign')]);
    await call(acme, 204, 'POST', url, await issued('keyCertSign', 'cRLSign'));
    await jobs.runDue();
    const crl = publishedCrl(installation, `crls/${caId}.crl`);
    assert.equal(await verifyStructure(crl, spki), true);
    // The certificate has no subjectKeyIdentifier: RFC 5280 §4.2.1.2, method 1, stands in.
    assert.deepEqual(Buffer.from(crl.authorityKeyIdentifier!.keyIdentifier!), keyIdentifierOf(spki));
  });

  test('fields that are missing or wrong are named with the object they stand in', async () => {
    const wrong = { ...crl_configuration, valid_days: 5 };
    const text = /crl_configuration\.valid_days/;
    await refused(acme, '400 PCA.00020204', text, ['POST', path, { ...rootBody, crl_configuration: wrong }]);
    const missing = { ...crl_configuration, obs_bucket_name: 'none' };
    await refused(acme, '400 PCA.00020204', /bucket/, [
      'POST',
      path,
      { ...rootBody, crl_configuration: missing },
    ]);
  });
});

describe('certificates say where the CRL of their issuer is', () => {
  test('from enabling to disabling, certificates of CAs too, the root itself never', async () => {
    const caId = await createCa(installation, acme);
    const before = await issue(installation, acme, caId);
    await enable(caId, { ...whole, crl_name: 'where' });
    const during = await issue(installation, acme, caId);
    const subordinate = await createCa(installation, acme, subordinateBody(caId));
    await disable(caId);
    const after = await issue(installation, acme, caId);
    const points = async (id: string) =>
      (await exportedCertificate(installation, acme, id)).known.crlDistributionPoints?.map(
        ({ fullName }) => fullName,
      );
    const address = [[{ type: 'URI', value: 'http://obs.example/crls/where.crl' }]];
    assert.deepEqual(
      [await points(before), await points(during), await points(after)],
      [undefined, address, undefined],
    );
    const sub = await caCertificate(installation, acme, subordinate);
    assert.deepEqual(
      sub.known.crlDistributionPoints?.map(({ fullName }) => fullName),
      address,
    );
    const root = await caCertificate(installation, acme, caId);
    assert.equal(root.known.crlDistributionPoints, undefined);
  });
});

describe('lifting a hold', () => {
  const unhold = (id: string) => `/v1/private-certificates/${id}/unhold`;

  test('is refused for what is not on hold, for others, and for what is not there', async () => {
    const caId = await createCa(installation, acme);
    const leaf = await issue(installation, acme, caId);
    await refused(acme, '403 PCA.00030201', /not on hold/, ['POST', unhold(leaf)]);
    await call(acme, 204, 'POST', `/v1/private-certificates/${leaf}/revoke`, { reason: 'KEY_COMPROMISE' });
    await refused(acme, '403 PCA.00030201', /not on hold/, ['POST', unhold(leaf)]);
    const nobody = await identity.addUser(acme, 'powerless', ['PCA ReadOnlyAccess']);
    await refused(nobody, '401 PCA.00010004', /revokeCert/, ['POST', unhold(leaf)]);
    await refused(globex, '404 PCA.00030102', /not found/, ['POST', unhold(leaf)]);
    await refused(acme, '400 PCA.00020301', /certificate_id/, ['POST', unhold('nonsense')]);
  });
});
