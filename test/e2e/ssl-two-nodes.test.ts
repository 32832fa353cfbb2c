import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { type ApiClient, clientWith, signIn } from '../support/api-client.ts';
import { freshAddress } from '../support/databases.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import {
  advanceClock,
  apply,
  buy,
  operatorAddress,
  publishRecords,
  reach,
  type SslWorld,
  startSslWorld,
} from '../support/ssl-world.ts';
import { waitFor } from '../support/wait-for.ts';

const leaseSeconds = 61;
const yearLessLeadSeconds = 336 * 86_400;

let world: SslWorld;
let database: Client;
let nodes: readonly { readonly server: RunningServer; readonly api: ApiClient }[] = [];

async function count(query: string): Promise<number> {
  const { rows } = await database.query(`SELECT count(*)::integer AS count FROM ${query}`);
  return rows[0].count;
}

/** Subjects of the operator's mails about a certificate. */
function told(certificateId: string): string[] {
  return world.mail.received
    .filter(({ to, text }) => to.includes(operatorAddress) && text.includes(certificateId))
    .map(({ text }) => /^subject: (.*?)\r?$/im.exec(text)?.[1] ?? '');
}

async function applyForAll(ids: readonly string[], host: (index: number) => string, method = 'DNS') {
  await Promise.all(
    ids.map((id, index) => apply(nodes[index % 2]!.api, id, { domain: host(index), domain_method: method })),
  );
}

// The hooks are within, so that they are done with the database before it is taken away.
describe('two nodes on one database', () => {
  before(async () => {
    world = await startSslWorld();
    const { url } = await freshAddress.postgres();
    database = new Client({ connectionString: url });
    await database.connect();
    const env = { ...world.env, OPENCCM_DATABASE_URL: url };
    const one = await startServer({ dataDir: world.dataDir, env });
    const other = await startServer({ dataDir: world.dataDir, env });
    const api = await signIn(one);
    nodes = [
      { server: one, api },
      { server: other, api: await clientWith(other, api.token) },
    ];
  });
  after(async () => {
    for (const { api, server } of nodes) {
      api.close();
      await server.kill();
    }
    await database?.end();
    await world?.close();
  });

  test('they take each step once: one hierarchy, one certificate, one link and one notice for each application', async () => {
    const [one, other] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const byDns = await buy(one.api, 6);
    const byMail = await buy(other.api, 4, { cert_type: 'OV_SSL_CERT' });
    await applyForAll(byDns, (index) => `dns${index}.example.test`);
    await applyForAll(byMail, (index) => `mail${index}.example.test`, 'EMAIL');
    await Promise.all(byDns.map((id, index) => publishRecords(world, nodes[index % 2]!.api, id)));
    for (const [index] of byMail.entries()) {
      const mailbox = `admin@mail${index}.example.test`;
      const links = () => world.mail.received.filter(({ to }) => to.includes(mailbox));
      const mail = await waitFor(mailbox, async () => links()[0]);
      const { pathname } = new URL(/https:\/\/\S+/.exec(mail.text)?.[0] ?? assert.fail(mail.text));
      // The link is good at either node, and both may be asked at once.
      const answers = await Promise.all(nodes.map(({ api }) => api.send('POST', pathname, 'confirm=yes')));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      );
      assert.equal(links().length, 1, mailbox);
    }
    const ids = [...byDns, ...byMail];
    const shown = await Promise.all(ids.map((id, index) => reach(nodes[index % 2]!.api, id, 'ISSUED')));
    assert.equal(new Set(shown.map(({ fingerprint }) => fingerprint)).size, ids.length);
    assert.equal(await count("issued_serials WHERE kind = 'entity'"), ids.length);
    assert.equal(await count("issued_serials WHERE kind = 'ca'"), 2, 'a root and an issuing CA');
    for (const id of ids) await waitFor(`the notice of ${id}`, async () => told(id).length > 0);
    await waitFor('no work is left', async () => (await count("jobs WHERE kind LIKE 'ssl:notice%'")) <= 1);
    for (const id of ids) assert.equal(told(id).length, 1, told(id).join('\n'));
  });

  test('the clocks of both come to a renewal: one successor, and when a node dies the other goes on', async () => {
    const [one, other] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const ids = await buy(one.api, 3, { effective_time: 2 });
    await applyForAll(ids, (index) => `two${index}.example.test`);
    await Promise.all(ids.map((id) => publishRecords(world, one.api, id)));
    await Promise.all(ids.map((id) => reach(other.api, id, 'ISSUED')));
    const before = await count("issued_serials WHERE kind = 'entity'");
    // Nobody answers the questions of the checks, so that the node dies among them.
    world.dns.isDown = true;
    await Promise.allSettled(nodes.map(({ server }) => advanceClock(server.httpUrl, yearLessLeadSeconds)));
    await waitFor('the successors', async () => (await successors()).length === ids.length);
    await one.server.kill();
    world.dns.isDown = false;
    await advanceClock(other.server.httpUrl, leaseSeconds);
    const api = await signIn(other.server);
    try {
      const next = await successors();
      await Promise.all(next.map((id) => publishRecords(world, api, id)));
      await Promise.all(next.map((id) => reach(api, id, 'ISSUED')));
      assert.deepEqual(await successors(), next);
      assert.equal((await count("issued_serials WHERE kind = 'entity'")) - before, ids.length);
      for (const id of next) await waitFor(`the notice of ${id}`, async () => told(id).length > 0);
    } finally {
      api.close();
    }
  });
});

async function successors(): Promise<string[]> {
  const { rows } = await database.query(
    'SELECT certificate_id FROM ssl_certificates WHERE predecessor_id IS NOT NULL ORDER BY certificate_id',
  );
  return rows.map((row) => String(row.certificate_id));
}
