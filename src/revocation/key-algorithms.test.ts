import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate, verifyCertificateSignature, verifyStructure } from '../pki/index.ts';
import { answered, answering, statusOf } from './ocsp/ocsp.fixture.ts';
import { allowBucket, entriesOf, installOnSqlite, publishedCrl, revoke } from './revocation.fixture.ts';

const installation = await installOnSqlite();
const { jobs } = installation;
const { acme } = installation.identity;
const bucket = 'by-algorithm';
await allowBucket(installation, acme, bucket);

/** What a request has to name, and by what everything of the CA is signed. */
const signatures = [
  ['RSA2048', 'SHA256', 'SHA256withRSA'],
  ['EC384', 'SHA384', 'SHA384withECDSA'],
  ['SM2', 'SM3', 'SM3withSM2'],
  ['MLDSA44', 'MLDSA44', 'ML-DSA-44'],
  ['MLDSA65', 'MLDSA65', 'ML-DSA-65'],
  ['MLDSA87', 'MLDSA87', 'ML-DSA-87'],
] as const;

for (const [key_algorithm, signature_algorithm, signature] of signatures) {
  test(`${key_algorithm}: OCSP answers, CRLs and deltas verify with the CA's key, before and after a revocation`, async () => {
    const fields = { key_algorithm, signature_algorithm };
    const crl_configuration = {
      enabled: true,
      obs_bucket_name: bucket,
      valid_days: 7,
      delta_hours: 6,
    };
    const body = { ...fields, crl_configuration };
    const { ca, caId, leaf, leafId, request } = await answering(installation, body, fields);
    await jobs.runDue();
    const crlOf = async (name: string) => {
      const crl = publishedCrl(installation, `${bucket}/${name}.crl`);
      assert.equal(crl.signatureAlgorithm?.name, signature);
      assert.equal(await verifyStructure(crl, ca.spki), true);
      return crl;
    };
    const complete = await crlOf(caId);
    assert.deepEqual(complete.revoked, []);
    const verified = async () => {
      const response = await answered(installation, caId, request);
      const responder = parseCertificate(response.certificates[0]!);
      assert.equal(response.signatureAlgorithm?.name, signature);
      assert.equal(await verifyCertificateSignature(responder, ca.spki), true);
      assert.equal(await verifyStructure(response, responder.spki), true);
      return statusOf(response);
    };
    assert.deepEqual(await verified(), { kind: 'good' });
    await revoke(installation, acme, leafId, 'SUPERSEDED');
    const status = await verified();
    assert.ok(status?.kind === 'revoked' && status.reason === 'superseded');
    await jobs.runDue();
    const delta = await crlOf(`${caId}.delta`);
    assert.equal(delta.baseNumber, complete.number);
    // Of SM2 a pair is revoked.
    assert.equal(new Map(entriesOf(delta)).get(leaf.serialNumber), 'superseded');
  });
}
