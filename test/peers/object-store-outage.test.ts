// Needs: versitygw (an S3 service in one program), openssl 3.0 or later.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodePem, parseCrl } from '../../src/pki/index.ts';
import { signIn } from '../support/api-client.ts';
import { startServer } from '../support/server.ts';
import { attempt } from './support/programs.ts';
import {
  addressOf,
  allowPublishing,
  crlAt,
  type Published,
  publishedLeaf,
  publishingCa,
  revokes,
} from './support/publishing-hierarchy.ts';
import { startS3Server } from './support/s3-server.ts';

test('while the object store is away revocations are taken and OCSP tells them; the CRL follows once it is back', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-outage-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const store = await startS3Server();
  t.after(() => store.stop());
  const server = await startServer({ env: { OPENCCM_OBS_URL: store.address, OPENCCM_DEV_CLOCK: '1' } });
  t.after(() => server.stop());
  const api = await signIn(server);
  t.after(() => api.close());
  const publisher = { api, bucket: 'outage', folder };
  await allowPublishing(publisher);
  await store.publish(publisher.bucket);
  const ca = await publishingCa(publisher, 'EC256', { name: 'Root' });
  const leaves = [await publishedLeaf(publisher, ca, 'EC256'), await publishedLeaf(publisher, ca, 'EC256')];
  const address = addressOf(leaves[0]!, 'crl');
  const first = parseCrl(await crlAt(address, () => true));

  const advance = async (seconds: number) => {
    const body = JSON.stringify({ advance_seconds: seconds });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${server.httpUrl}/dev/clock`, { method: 'POST', headers, body });
    assert.equal(answer.status, 200);
  };
  const ocspStatus = async ({ file }: Published) => {
    const asked = ['ocsp', '-issuer', ca.file, '-cert', file, '-url', `${server.httpUrl}/ocsp/${ca.id}`];
    return (await attempt('openssl', [...asked, '-CAfile', ca.file])).stdout;
  };

  await store.interrupt();
  for (const [index, leaf] of leaves.entries()) {
    await api.call('POST', `/v1/private-certificates/${leaf.id}/revoke`, { reason: 'KEY_COMPROMISE' });
    assert.match(await ocspStatus(leaf), /Reason: keyCompromise/);
    // Tries that fail, further and further apart.
    await advance(60 * (index + 1));
    assert.equal((await fetch(`${server.httpUrl}/readyz`)).status, 200);
  }
  await store.resume();
  assert.equal(
    parseCrl(await crlAt(address, () => true)).number,
    first.number,
    'nothing was lost or half stored',
  );
  await advance(3_600);
  const second = await crlAt(address, (crl) => leaves.every((leaf) => revokes(crl, leaf)));
  assert.ok(parseCrl(second).number! > first.number!);
  const crl = join(folder, 'second.pem');
  await writeFile(crl, encodePem('X509 CRL', second));
  const at = String(Math.ceil(parseCrl(second).thisUpdateMs / 1_000));
  const verify = ['verify', '-attime', at, '-crl_check', '-CAfile', ca.file, '-CRLfile', crl];
  assert.match((await attempt('openssl', [...verify, leaves[0]!.file])).stderr, /error 23 at 0 depth/);
});
