import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { encodeOcspRequest } from '../pki/index.ts';
import { answered, certIdOf, statusOf } from './ocsp/ocsp.fixture.ts';
import {
  caCertificate,
  createPublishing,
  entriesOf,
  exportedCertificate,
  install,
  issue,
  path,
  publishedCrl,
  revocationMigrations,
} from './revocation.fixture.ts';

describeOnEachDatabase('a shared CA', revocationMigrations, (open) => {
  test('what its owner revokes of another account is on the CRL and in OCSP answers', async () => {
    const installation = await install(await open());
    const { call, identity, jobs } = installation;
    const { acme: owner, globex: consumer } = identity;
    const caId = await createPublishing(installation, owner, 'shared-crls', { crl_name: 'shared' });
    await call(owner, 204, 'POST', `${path}/${caId}/ocsp/switch`, { ocsp_switch: true });
    const account_ids = [consumer.account.accountId];
    await call(owner, 204, 'PUT', `${path}/${caId}/shares`, { account_ids });
    const leafId = await issue(installation, consumer, caId);
    const { serialNumber } = await exportedCertificate(installation, consumer, leafId);
    const ca = await caCertificate(installation, owner, caId);
    const request = encodeOcspRequest([certIdOf(ca, serialNumber)]);
    assert.deepEqual(statusOf(await answered(installation, caId, request)), { kind: 'good' });

    const issued = `${path}/${caId}/issued-certificates`;
    await call(owner, 204, 'POST', `${issued}/${serialNumber}/revoke`, { reason: 'KEY_COMPROMISE' });
    assert.equal(statusOf(await answered(installation, caId, request))?.kind, 'revoked');
    await jobs.runDue();
    assert.deepEqual(entriesOf(publishedCrl(installation, 'shared-crls/shared.crl')), [
      [serialNumber, 'keyCompromise'],
    ]);
    const member = `/v1/private-certificates/${leafId}`;
    assert.equal((await call<{ status: string }>(consumer, 200, 'GET', member)).status, 'REVOKED');
    await installation.refused(consumer, '403 PCA.00030201', /hold/, ['POST', `${member}/unhold`]);
  });
});
