import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { isBrokenConnection } from '../support/broken-connection.ts';
import {
  createCa,
  issueByCsr,
  issueWithKey,
  listAllCertificates,
  rootCaBody,
  usedQuota,
} from '../support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const rounds = Number(process.env.OPENCCM_TEST_CRASH_ROUNDS ?? 3);
const connections = 16;
// Different in every round, so that the server dies at different points of its work.
const acknowledgementsBeforeKill = (round: number) => 40 + 67 * (round % 5);

/** What the server has said so far; a request without an answer may have been carried out or not. */
interface Ledger {
  readonly issued: Set<string>;
  readonly deleted: Set<string>;
  unanswered: number;
}

/** Issues and deletes on many connections until the server is killed, after so many answers. */
async function storm(server: RunningServer, api: ApiClient, caId: string, ledger: Ledger, answers: number) {
  let answered = 0;
  let killed: Promise<void> | undefined;
  const worker = async (name: string) => {
    for (let turn = 0; ; turn += 1) {
      try {
        if (turn % 8 === 7) {
          const id = await issueByCsr(api, caId);
          ledger.issued.add(id);
          const { status } = await api.send('DELETE', `/v1/private-certificates/${id}`).catch((error) => {
            // Deleted or not: nothing was said.
            ledger.issued.delete(id);
            throw error;
          });
          assert.equal(status, 204);
          ledger.issued.delete(id);
          ledger.deleted.add(id);
        } else if (turn % 4 === 3)
          ledger.issued.add(await issueWithKey(api, caId, `${name}-${turn}.example.test`));
        else ledger.issued.add(await issueByCsr(api, caId));
      } catch (error) {
        if (!isBrokenConnection(error)) throw error;
        ledger.unanswered += 1;
        return;
      }
      answered += 1;
      if (answered === answers) killed = server.kill();
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => worker(`w${index}`)));
  await killed;
}

test(`what was acknowledged outlives kill -9, ${rounds} times`, async (t) => {
  assert.ok(
    Number.isInteger(rounds) && rounds > 0 && rounds <= 1000,
    'OPENCCM_TEST_CRASH_ROUNDS is a number',
  );
  const dataDir = await mkdtemp(join(tmpdir(), 'openccm-crash-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const ledger: Ledger = { issued: new Set(), deleted: new Set(), unanswered: 0 };
  let server = await startServer({ dataDir });
  t.after(() => server.kill());
  let api = await signIn(server);
  const caId = await createCa(api, rootCaBody('Crash test root'));
  for (let round = 1; round <= rounds; round += 1) {
    await t.test(`round ${round}`, async () => {
      await storm(server, api, caId, ledger, acknowledgementsBeforeKill(round));
      api.close();
      server = await startServer({ dataDir });
      api = await signIn(server);
      await verify(api, caId, ledger);
    });
  }
  api.close();
  await server.stop();
});

async function verify(api: ApiClient, caId: string, ledger: Ledger): Promise<void> {
  const listed = await listAllCertificates(api);
  const present = new Map(listed.map((certificate) => [certificate.certificate_id, certificate]));
  assert.equal(present.size, listed.length, 'no certificate is listed twice');
  assert.equal(
    new Set(listed.map((each) => each.serial_number)).size,
    listed.length,
    'no serial number is used twice',
  );
  assert.equal(await usedQuota(api, 'private-certificates'), listed.length, 'the quota counts what is there');
  assert.equal(await usedQuota(api, 'private-certificate-authorities'), 1);
  assert.ok(
    listed.length <= ledger.issued.size + ledger.unanswered,
    'nothing is there that nobody asked for',
  );
  for (const id of ledger.deleted) assert.ok(!present.has(id), 'what was deleted is gone');
  const ca = await api.call<{ certificate: string }>(
    'POST',
    `/v1/private-certificate-authorities/${caId}/export`,
  );
  const issuer = new X509Certificate(ca.certificate).publicKey;
  const export_ = { is_compressed: false, type: 'OTHER' };
  for (const id of ledger.issued) {
    const row = present.get(id);
    assert.ok(row, 'what was acknowledged is there');
    const exported = await api.call<{ certificate: string; private_key?: string }>(
      'POST',
      `/v1/private-certificates/${id}/export`,
      export_,
    );
    const certificate = new X509Certificate(exported.certificate);
    assert.equal(BigInt(`0x${certificate.serialNumber}`).toString(), row.serial_number);
    assert.ok(certificate.verify(issuer));
  }
}
