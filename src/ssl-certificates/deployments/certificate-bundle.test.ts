import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { findCertificate } from '../certificates/certificate-store.ts';
import { openBundle, requireDeployable } from './certificate-bundle.ts';
import { openSqliteDeploymentBench } from './deployments.fixture.ts';

const bench = await openSqliteDeploymentBench();

test('the key fits the certificate, and its bytes are wiped once they are text', async () => {
  const { accountId } = bench.account();
  const id = await bench.store(accountId);
  const certificate = await findCertificate(bench.database, accountId, id);
  const given: Uint8Array[] = [];
  const keyStore = {
    ...bench.keyStore,
    exportPrivateKey: async (...asked: Parameters<typeof bench.keyStore.exportPrivateKey>) => {
      const pkcs8 = await bench.keyStore.exportPrivateKey(...asked);
      given.push(pkcs8);
      return pkcs8;
    },
  };
  const deployable = requireDeployable('pushCertificate', certificate!, bench.clock.nowMs());
  const bundle = await openBundle({ keyStore }, deployable);
  const leaf = new X509Certificate(bundle.certificatePem);
  assert.ok(leaf.checkPrivateKey(createPrivateKey(bundle.privateKeyPem)));
  assert.equal(leaf.fingerprint256.replaceAll(':', '').toLowerCase(), bundle.fingerprintSha256);
  assert.equal(given.length, 1);
  assert.ok(given.every((pkcs8) => pkcs8.length > 0 && pkcs8.every((byte) => byte === 0)));
});
