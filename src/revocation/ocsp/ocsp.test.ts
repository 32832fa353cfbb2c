import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { sampleCsr } from '../../../test/support/sample-csr.ts';
import {
  encodeOcspRequest,
  keyIdentifierOf,
  oids,
  parseCertificate,
  verifyCertificateSignature,
  verifyStructure,
} from '../../pki/index.ts';
import {
  caCertificate,
  createCa,
  dayMs,
  exportedCertificate,
  install,
  issue,
  path,
  publicHttpUrl,
  revocationMigrations,
  revoke,
} from '../revocation.fixture.ts';
import { answered, answering, ask, certIdOf, statusOf } from './ocsp.fixture.ts';
import { findResponder } from './responder-store.ts';

describeOnEachDatabase('OCSP', revocationMigrations, (open) => {
  test('says good, then revoked with time and reason on every node as soon as the call has answered, then good again', async () => {
    const installation = await install(await open());
    const { call, clock, identity } = installation;
    const { acme } = identity;
    const { caId, leafId, request } = await answering(installation);
    const other = await installation.addNode();
    for (const node of [installation, other]) {
      assert.deepEqual(statusOf(await answered(node, caId, request)), { kind: 'good' });
    }
    clock.advance(500);
    await revoke(installation, acme, leafId, 'CERTIFICATE_HOLD');
    const revokedMs = Math.floor(clock.nowMs() / 1_000) * 1_000;
    for (const node of [installation, other]) {
      const expected = { kind: 'revoked', revokedMs, reason: 'certificateHold' };
      assert.deepEqual(statusOf(await answered(node, caId, request)), expected);
    }
    await call(acme, 204, 'POST', `/v1/private-certificates/${leafId}/unhold`);
    await revoke(installation, acme, leafId, 'UNSPECIFIED');
    const last = statusOf(await answered(other, caId, request));
    assert.deepEqual(last, { kind: 'revoked', revokedMs, reason: 'unspecified' });
    await call(acme, 204, 'DELETE', `/v1/private-certificates/${leafId}`);
    assert.equal(statusOf(await answered(installation, caId, request))?.kind, 'revoked');
  });

  test('is signed by a responder that the CA certified for nothing else, named by its key', async () => {
    const installation = await install(await open());
    const { caId, ca, request } = await answering(installation);
    const { clock } = installation;
    const response = await answered(installation, caId, request);
    const responder = parseCertificate(response.certificates[0]!);
    assert.equal(response.certificates.length, 1);
    assert.equal(await verifyCertificateSignature(responder, ca.spki), true);
    assert.equal(await verifyStructure(response, responder.spki), true);
    assert.deepEqual(responder.known.extendedKeyUsage, [oids.ocspSigning]);
    assert.deepEqual(responder.known.keyUsage, ['digitalSignature']);
    assert.ok(responder.extensions.some(({ oid }) => oid === oids.ocspNoCheck));
    assert.ok('keyHash' in response.responder);
    assert.deepEqual(Buffer.from(response.responder.keyHash), keyIdentifierOf(responder.spki));
    assert.equal(response.producedAtMs, clock.nowMs());
    assert.equal(response.responses[0]?.thisUpdateMs, clock.nowMs());
    assert.equal(response.responses[0]?.nextUpdateMs, clock.nowMs() + 3_600_000);
    // The responder's own certificate is one that the CA issued.
    const own = encodeOcspRequest([certIdOf(ca, responder.serialNumber)]);
    assert.deepEqual(statusOf(await answered(installation, caId, own)), { kind: 'good' });
  });

  test('the responder is renewed by itself, ten days before its end, and its old key is destroyed', async () => {
    const installation = await install(await open());
    const { clock, jobs, keyStore, identity } = installation;
    const { caId, request } = await answering(installation);
    const serialOf = async () =>
      parseCertificate((await answered(installation, caId, request)).certificates[0]!).serialNumber;
    const first = await serialOf();
    clock.advance(20 * dayMs - 1_000);
    await jobs.runDue();
    assert.equal(await serialOf(), first);
    const seen = await findResponder(installation.database, caId);
    clock.advance(2_000);
    await Promise.all([jobs.runDue(), (await installation.addNode()).jobs.runDue()]);
    const second = await serialOf();
    assert.notEqual(second, first);
    const owner = { accountId: identity.acme.account.accountId, purpose: 'pca' } as const;
    await assert.rejects(keyStore.exportPrivateKey(owner, seen!.key_id));
    clock.advance(20 * dayMs);
    await jobs.runDue();
    assert.notEqual(await serialOf(), second);
  });

  test('a switch is carried out by one of many calls', async () => {
    const installation = await install(await open());
    const { identity } = installation;
    const { acme } = identity;
    const caId = await createCa(installation, acme);
    const url = `${path}/${caId}/ocsp/switch`;
    for (const [ocsp_switch, code] of [
      [true, 'PCA.10010071'],
      [false, 'PCA.10010072'],
    ] as const) {
      const answers = await Promise.all(
        [1, 2, 3].map(() =>
          identity.app.inject({
            method: 'POST',
            url,
            headers: { 'x-auth-token': acme.token },
            payload: { ocsp_switch },
          }),
        ),
      );
      const done = answers.filter(({ statusCode }) => statusCode === 204);
      assert.equal(done.length, 1);
      for (const answer of answers.filter(({ statusCode }) => statusCode !== 204)) {
        assert.equal(answer.statusCode, 403);
        assert.match(answer.body, new RegExp(`${code}|PCA.00030201`));
      }
    }
  });
});

describeOnEachDatabase('What OCSP does not know', revocationMigrations, (open) => {
  test('is unknown: serial numbers and issuers of others, and hashes of others', async () => {
    const installation = await install(await open());
    const { identity } = installation;
    const { caId, ca, leaf } = await answering(installation);
    const otherCa = await caCertificate(
      installation,
      identity.acme,
      await createCa(installation, identity.acme),
    );
    const md5 = Buffer.from(certIdOf(ca, leaf.serialNumber))
      .toString('hex')
      .replace('2b0e03021a', '2b0e030219');
    const request = encodeOcspRequest([
      certIdOf(ca, 4711n),
      certIdOf(ca, -leaf.serialNumber),
      certIdOf(otherCa, leaf.serialNumber),
      Buffer.from(md5, 'hex'),
      certIdOf(ca, leaf.serialNumber),
      certIdOf(ca, leaf.serialNumber, 'SM3'),
    ]);
    const { responses } = await answered(installation, caId, request);
    assert.deepEqual(
      responses.map(({ status }) => status.kind),
      ['unknown', 'unknown', 'unknown', 'unknown', 'good', 'good'],
    );
  });

  test('an unknown CA, one whose OCSP is off and an expired one: unauthorized', async () => {
    const installation = await install(await open());
    const { call, clock, identity } = installation;
    const { caId, request } = await answering(installation, { validity: { type: 'DAY', value: 10 } });
    const off = await createCa(installation, identity.acme);
    for (const other of [off, '11111111-2222-3333-4444-555555555555', 'nonsense']) {
      assert.equal(await ask(installation, other, request), 'unauthorized');
    }
    clock.advance(11 * dayMs);
    assert.equal(await ask(installation, caId, request), 'unauthorized');
    await call(identity.acme, 204, 'POST', `${path}/${caId}/ocsp/switch`, { ocsp_switch: false });
    await installation.refused(identity.acme, '403 PCA.00030201', /expired/, [
      'POST',
      `${path}/${caId}/ocsp/switch`,
      { ocsp_switch: true },
    ]);
  });
});

describeOnEachDatabase('The switch of OCSP', revocationMigrations, (open) => {
  test('is mandatory and boolean, and needs its permission', async () => {
    const installation = await install(await open());
    const { identity, refused } = installation;
    const { acme, globex } = identity;
    const caId = await createCa(installation, acme);
    const url = `${path}/${caId}/ocsp/switch`;
    for (const body of [{}, { ocsp_switch: 'true' }, { ocsp_switch: null }]) {
      await refused(acme, '400 PCA.00020001', /ocsp_switch/, ['POST', url, body]);
    }
    const reader = await identity.addUser(acme, 'reader', ['PCA ReadOnlyAccess']);
    await refused(reader, '401 PCA.00010004', /switchOcsp/, ['POST', url, { ocsp_switch: true }]);
    await refused(globex, '404 PCA.00030102', /ca_id/, ['POST', url, { ocsp_switch: true }]);
  });

  test('the state that is set already: 403 PCA.10010071 where it is on, PCA.10010072 where it is off (PCA-D102)', async () => {
    const installation = await install(await open());
    const { call, identity, refused } = installation;
    const { acme } = identity;
    const caId = await createCa(installation, acme);
    const url = `${path}/${caId}/ocsp/switch`;
    await refused(acme, '403 PCA.10010072', /disabled already/, ['POST', url, { ocsp_switch: false }]);
    assert.equal(await call(acme, 204, 'POST', url, { ocsp_switch: true }), undefined);
    await refused(acme, '403 PCA.10010071', /enabled already/, ['POST', url, { ocsp_switch: true }]);
    assert.equal(await call(acme, 204, 'POST', url, { ocsp_switch: false }), undefined);
  });

  test('off, nobody answers and certificates say nothing; on, they say where OCSP and the issuer are', async () => {
    const installation = await install(await open());
    const { call, identity } = installation;
    const { acme } = identity;
    const { caId, ca, leaf, request } = await answering(installation);
    assert.deepEqual(leaf.known.authorityInfoAccess, [
      { method: oids.ocspAccess, location: { type: 'URI', value: `${publicHttpUrl}/ocsp/${caId}` } },
      {
        method: oids.caIssuersAccess,
        location: { type: 'URI', value: `${publicHttpUrl}/ca-issuers/${caId}.cer` },
      },
    ]);
    const subordinate = await createCa(installation, acme, {
      type: 'SUBORDINATE',
      issuer_id: caId,
      validity: { type: 'YEAR', value: 1 },
    });
    const sub = await caCertificate(installation, acme, subordinate);
    assert.equal(sub.known.authorityInfoAccess?.length, 2);
    const issuer = await installation.plain.inject(`/ca-issuers/${caId}.cer`);
    assert.equal(issuer.headers['content-type'], 'application/pkix-cert');
    assert.deepEqual(issuer.rawPayload, Buffer.from(ca.der));
    for (const file of ['11111111-2222-3333-4444-555555555555.cer', caId, 'x.cer']) {
      assert.equal((await installation.plain.inject(`/ca-issuers/${file}`)).statusCode, 404);
    }
    await call(acme, 204, 'POST', `${path}/${caId}/ocsp/switch`, { ocsp_switch: false });
    assert.equal(await ask(installation, caId, request), 'unauthorized');
    const after = await exportedCertificate(installation, acme, await issue(installation, acme, caId));
    assert.equal(after.known.authorityInfoAccess, undefined);
  });

  test('is refused for a CA whose key its owner keeps', async () => {
    const installation = await install(await open());
    const { call, identity, refused } = installation;
    const { acme } = identity;
    const rootId = await createCa(installation, acme);
    const { certificate_id: caId } = await call<{ certificate_id: string }>(
      acme,
      200,
      'POST',
      '/v1/private-certificates/csr',
      {
        issuer_id: rootId,
        csr: sampleCsr,
        type: 'INTERMEDIATE_CA',
        path_length: 0,
        validity: { type: 'YEAR', value: 1 },
      },
    );
    const url = `${path}/${caId}/ocsp/switch`;
    await refused(acme, '403 PCA.00030201', /kept by its owner/, ['POST', url, { ocsp_switch: true }]);
  });

  test('outlives disabling, and ends with the CA', async () => {
    const installation = await install(await open());
    const { call, clock, identity, jobs } = installation;
    const { acme } = identity;
    const { caId, request } = await answering(installation);
    await call(acme, 204, 'POST', `${path}/${caId}/disable`);
    assert.equal(statusOf(await answered(installation, caId, request))?.kind, 'good');
    await call(acme, 204, 'DELETE', `${path}/${caId}?pending_days=7`);
    clock.advance(8 * dayMs);
    await jobs.runDue();
    assert.equal(await ask(installation, caId, request), 'unauthorized');
    clock.advance(13 * dayMs);
    await jobs.runDue();
    assert.equal(await findResponder(installation.database, caId), undefined);
  });
});

describeOnEachDatabase('OCSP of every key', revocationMigrations, (open) => {
  for (const [key_algorithm, signature_algorithm] of [
    ['RSA2048', 'SHA256'],
    ['RSA4096', 'SHA512'],
    ['EC384', 'SHA384'],
    ['SM2', 'SM3'],
  ] as const) {
    test(`${key_algorithm}: the responder signs with a key of the same kind`, async () => {
      const installation = await install(await open());
      const algorithms = { key_algorithm, signature_algorithm };
      const { caId, ca, request } = await answering(installation, algorithms, algorithms);
      const response = await answered(installation, caId, request);
      const responder = parseCertificate(response.certificates[0]!);
      assert.equal(await verifyStructure(response, responder.spki), true);
      assert.equal(response.signatureAlgorithm?.keyKind, ca.signatureAlgorithm?.keyKind);
    });
  }
});
