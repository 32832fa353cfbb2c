import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import {
  advanceClock,
  apply,
  buy,
  hostName,
  operatorAddress,
  project,
  publishRecords,
  reach,
  type SslWorld,
  show,
  startSslWorld,
} from '../support/ssl-world.ts';
import { waitFor } from '../support/wait-for.ts';

/** After which what a killed process was about is taken up again. */
const leaseSeconds = 61;

let world: SslWorld;
let server: RunningServer;
let api: ApiClient;

before(async () => {
  world = await startSslWorld();
  await start();
});
after(async () => {
  api?.close();
  await server?.kill();
  await world?.close();
});
beforeEach(() => world.records.clear());

async function start(): Promise<void> {
  server = await startServer({ dataDir: world.dataDir, env: world.env });
  api = await signIn(server);
}

/** As a power cut, and then the machine is on again, long enough later that nobody holds anything. */
async function crash(): Promise<void> {
  api.close();
  await server.kill();
  await start();
  void advanceClock(server.httpUrl, leaseSeconds).catch(() => {});
}

/** Serial numbers of the built-in issuer's certificates. */
function serialNumbers(): string[] {
  const database = new DatabaseSync(join(world.dataDir, 'openccm.db'), { readOnly: true });
  try {
    const rows = database.prepare("SELECT serial_number FROM issued_serials WHERE kind = 'entity'").all();
    return rows.map((row) => String(row.serial_number));
  } finally {
    database.close();
  }
}

/** Mails about this, each notice once: who dies between sending and recording sends again, under the same number. */
function notices(certificateId: string, subject: RegExp): string[] {
  const mails = world.mail.received.filter(
    ({ to, text }) =>
      to.includes(operatorAddress) &&
      text.includes(certificateId) &&
      subject.test(/^subject: (.*)$/im.exec(text)?.[1] ?? ''),
  );
  return [...new Set(mails.map(({ text }) => /^Notice (\S+)/m.exec(text)?.[1] ?? assert.fail(text)))];
}

test('wherever in its way an application is cut off, it comes to one certificate and one notice', async () => {
  const before = serialNumbers().length;
  const ids: string[] = [];
  for (const [round, afterMs] of [0, 60, 250, 900].entries()) {
    const bought = await buy(api, 3);
    ids.push(...bought);
    await Promise.all(
      bought.map((id, index) => apply(api, id, { domain: `h${index}.r${round}.example.test` })),
    );
    if (round % 2 === 1) await Promise.all(bought.map((id) => publishRecords(world, api, id)));
    await delay(afterMs);
    await crash();
    if (round % 2 === 0) await Promise.all(bought.map((id) => publishRecords(world, api, id)));
  }
  const shown = await Promise.all(ids.map((id) => reach(api, id, 'ISSUED')));
  assert.equal(new Set(shown.map(({ fingerprint }) => fingerprint)).size, ids.length);
  assert.equal(serialNumbers().length - before, ids.length, 'one serial number for each application');
  for (const id of ids)
    await waitFor(`the notice of ${id}`, async () => notices(id, /was issued/).length > 0);
  await delay(500);
  for (const id of ids) assert.equal(notices(id, /was issued/).length, 1);
  const roots = await api.send('GET', '/scm/roots.pem');
  assert.equal(roots.text.match(/BEGIN CERTIFICATE/g)?.length, 1, 'one hierarchy was made');
});

test('a DNS server that does not answer delays', async () => {
  const before = serialNumbers().length;
  world.dns.isDown = true;
  const [id = ''] = await buy(api, 1);
  await apply(api, id);
  await publishRecords(world, api, id);
  const asked = world.dns.asked.length;
  await waitFor('the program asks', async () => world.dns.asked.length > asked);
  await crash();
  assert.equal((await show(api, id)).status, 'CHECKING_DOMAIN');
  world.dns.isDown = false;
  await reach(api, id, 'ISSUED');
  assert.equal(serialNumbers().length - before, 1);
});

test('an SMTP server that is away delays the link of a confirmation, and the notice that follows', async () => {
  await world.mail.interrupt();
  const [id = ''] = await buy(api, 1, { cert_type: 'OV_SSL_CERT' });
  const domain = 'mail.example.test';
  await apply(api, id, { domain, domain_method: 'EMAIL' });
  await reach(api, id, 'CHECKING_DOMAIN');
  await crash();
  await reach(api, id, 'CHECKING_DOMAIN');
  await world.mail.resume();
  const links = () => world.mail.received.filter(({ to }) => to.includes(`admin@${domain}`));
  const mail = await waitFor('the link', async () => links()[0]);
  const link = new URL(/https:\/\/\S+/.exec(mail.text)?.[0] ?? assert.fail(mail.text));
  // The program listens elsewhere after each start.
  await crash();
  await world.mail.interrupt();
  assert.equal((await api.send('POST', link.pathname, 'confirm=yes')).status, 200);
  await reach(api, id, 'ISSUED');
  await crash();
  assert.deepEqual(notices(id, /was issued/), []);
  await world.mail.resume();
  await advanceClock(server.httpUrl, 3_600);
  await waitFor('the notice', async () => notices(id, /was issued/).length > 0);
  assert.equal(notices(id, /was issued/).length, 1);
  assert.equal(links().length, 1, 'one link');
});

test('an ACME server that is away delays both what it is to say and what it is to issue', async () => {
  await world.acme.interrupt();
  const [id = ''] = await buy(api, 1, { cert_brand: 'TRUSTASIA' });
  await apply(api, id);
  await crash();
  assert.equal((await show(api, id)).status, 'CHECKING');
  await world.acme.resume();
  await advanceClock(server.httpUrl, 3_600);
  await reach(api, id, 'CHECKING_DOMAIN');
  await world.acme.interrupt();
  await publishRecords(world, api, id);
  await reach(api, id, 'ISSUING');
  await crash();
  assert.equal((await show(api, id)).status, 'ISSUING');
  await world.acme.resume();
  await advanceClock(server.httpUrl, 3_600);
  await reach(api, id, 'ISSUED');
  assert.deepEqual(
    world.acme.orders.map(({ names, status }) => [names, status]),
    [[[hostName], 'valid']],
  );
});

test('what an ACME server issued for a program that is no more is what its successor gets', async () => {
  const { acme } = world;
  const before = acme.orders.length;
  acme.silentAt = '/finalize';
  const [id = ''] = await buy(api, 1, { cert_brand: 'TRUSTASIA' });
  await apply(api, id, { domain: 'cut.example.test' });
  await publishRecords(world, api, id);
  const order = await waitFor('an order that is valid', async () =>
    acme.orders.slice(before).find(({ status }) => status === 'valid'),
  );
  assert.equal((await show(api, id)).status, 'ISSUING');
  await crash();
  acme.silentAt = undefined;
  const { fingerprint } = await reach(api, id, 'ISSUED');
  assert.equal(acme.orders.length - before, 1);
  assert.equal(
    fingerprint,
    new X509Certificate(order.certificatePem).fingerprint.replaceAll(':', '').toLowerCase(),
  );
});

test('a target that is away, and one that is cut off, gets the renewed certificate when it is back', async () => {
  const { target } = world;
  const [first = ''] = await buy(api, 1, { effective_time: 2 });
  await apply(api, first);
  await publishRecords(world, api, first);
  await reach(api, first, 'ISSUED');
  const resources = [{ id: 'listener', type: 'listener' }];
  const place = { service_name: 'ELB', project_name: project, resources };
  const deployed = await api.call('POST', `/v3/scm/certificates/${first}/deploy`, place);
  assert.deepEqual(deployed, { failure_list: [] });
  assert.deepEqual(
    target.brought.map(({ certificate }) => certificate.id),
    [first],
  );

  await target.interrupt();
  await advanceClock(server.httpUrl, 336 * 86_400);
  api.close();
  api = await signIn(server);
  const second = await successorOf(first);
  await publishRecords(world, api, second);
  await reach(api, second, 'ISSUED');
  await crash();
  assert.deepEqual([await deployedTo(first), await deployedTo(second)], [['listener'], []]);
  const complaints = () => notices(second, /could not be deployed/);
  await waitFor('the notice of it', async () => complaints().length > 0);

  target.isSilent = true;
  await target.resume();
  void advanceClock(server.httpUrl, 3_600).catch(() => {});
  await waitFor('the attempt that gets no answer', async () => target.brought.length > 1);
  await crash();
  assert.deepEqual([await deployedTo(first), await deployedTo(second)], [['listener'], []]);
  target.isSilent = false;
  await advanceClock(server.httpUrl, 3_600);
  await waitFor('the deployment', async () => (await deployedTo(second)).length > 0);
  assert.deepEqual(await deployedTo(first), []);
  const keys = new Set(target.brought.slice(1).map(({ certificate }) => certificate.private_key));
  assert.equal(keys.size, 1, 'one certificate');
  const afterwards = target.brought.length;
  await crash();
  await advanceClock(server.httpUrl, 3_600);
  assert.equal(target.brought.length, afterwards, 'and not again');
  assert.equal(complaints().length, 1, 'told once, however often it was tried');
});

async function successorOf(certificateId: string): Promise<string> {
  return waitFor('the successor', async () => {
    const { certificates } = await api.call<{ certificates: { id: string }[] }>(
      'GET',
      '/v3/scm/certificates?limit=50&offset=0',
    );
    return certificates.map(({ id }) => id).find((id) => id > certificateId);
  });
}

async function deployedTo(certificateId: string): Promise<string[]> {
  const { results } = await api.call<{
    results: { deployed_resources: { region_resources: { resources: { resource_id: string }[] }[] }[] }[];
  }>('POST', '/v3/scm/deployed-resources', { certificate_ids: [certificateId], service_names: ['ELB'] });
  return results
    .flatMap(({ deployed_resources }) => deployed_resources)
    .flatMap(({ region_resources }) => region_resources)
    .flatMap(({ resources }) => resources.map(({ resource_id }) => resource_id));
}
