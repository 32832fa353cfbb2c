import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { encodeOcspRequest } from '../../pki/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { caCertificate, createCa, install, path, revocationMigrations } from '../revocation.fixture.ts';
import { answered, certIdOf, statusOf } from './ocsp.fixture.ts';

describeOnEachDatabase('OCSP that has to be on', revocationMigrations, (open) => {
  test('is switched on by one of the nodes that want it at the same time, and left on by all others', async () => {
    const installation = await install(await open());
    const { acme, globex } = installation.identity;
    const caId = await createCa(installation, acme);
    const actor = await acme.actor();
    const nodes = [installation, await installation.addNode(), await installation.addNode()];
    await Promise.all(nodes.map((node) => node.ensureOcsp(actor, caId)));
    await installation.ensureOcsp(actor, caId);
    const ca = await caCertificate(installation, acme, caId);
    const request = encodeOcspRequest([certIdOf(ca, ca.serialNumber)]);
    for (const node of nodes)
      assert.deepEqual(statusOf(await answered(node, caId, request)), { kind: 'good' });
    const stranger = await globex.actor();
    await assert.rejects(
      installation.ensureOcsp(stranger, caId),
      (error) => error instanceof ServiceError && error.code === 'PCA.00030102',
    );
  });

  test('cannot be for a CA that may not be spoken for', async () => {
    const installation = await install(await open());
    const { acme } = installation.identity;
    const caId = await createCa(installation, acme);
    await installation.call(acme, 204, 'POST', `${path}/${caId}/disable`);
    await installation.call(acme, 204, 'DELETE', `${path}/${caId}?pending_days=7`);
    await assert.rejects(
      installation.ensureOcsp(await acme.actor(), caId),
      (error) => error instanceof ServiceError && error.code === 'PCA.00030201',
    );
  });
});
