import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type CertificateRevocationList, parseCrl } from '../../src/pki/index.ts';
import { type ApiClient, clientWith, signIn } from '../support/api-client.ts';
import { freshAddress } from '../support/databases.ts';
import { createCa, issueByCsr, rootCaBody } from '../support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const bucket = 'takeover';
// More than a node lists before its first megabyte is in a file, and enough for a publication to take a second.
const revokedBefore = 150_000;
const firstSerial = 1_000_000_000_000_000_000n;
const publishesWithinMs = 60_000;
// After which another node may publish in place of one that is silent: of the job, and of the CRL.
const leaseSeconds = 61;

interface Node {
  readonly server: RunningServer;
  /** Where it spools a CRL that is long: what is in it tells that it publishes. */
  readonly spools: string;
}

async function startNode(folder: string, name: string, url: string): Promise<Node> {
  const spools = join(folder, name);
  await mkdir(spools);
  const env = { OPENCCM_DATABASE_URL: url, OPENCCM_DEV_CLOCK: '1', TMPDIR: spools };
  return { spools, server: await startServer({ dataDir: join(folder, 'data'), env }) };
}

/** Serial numbers that were revoked long ago, in the database: revoking them one by one would take minutes. */
async function seedRevoked(database: Client, caId: string): Promise<void> {
  await database.query(
    `INSERT INTO issued_serials (issuer_id, serial_number, subject_id, kind, not_after, revoked_at, revocation_reason)
       SELECT $1, ($2::numeric + n)::text, 'revoked-' || n, 'entity', $3::bigint, $4::bigint + n, 'KEY_COMPROMISE'
         FROM generate_series(1, $5::integer) AS n`,
    [caId, firstSerial.toString(), Date.now() + 86_400_000 * 365, Date.now() - 86_400_000, revokedBefore],
  );
}

async function until<Result>(what: string, look: () => Promise<Result | undefined>): Promise<Result> {
  for (const deadline = performance.now() + publishesWithinMs; ; await delay(5)) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(performance.now() < deadline, `${what}: not in time`);
  }
}

async function publishedAt(address: string): Promise<CertificateRevocationList | undefined> {
  const response = await fetch(address);
  const octets = Buffer.from(await response.arrayBuffer());
  return response.status === 200 ? parseCrl(octets) : undefined;
}

async function revokedNow(api: ApiClient, caId: string): Promise<bigint> {
  const id = await issueByCsr(api, caId);
  const path = `/v1/private-certificates/${id}`;
  const { serial_number } = await api.call<{ serial_number: string }>('GET', path);
  await api.call('POST', `${path}/revoke`, { reason: 'SUPERSEDED' });
  return BigInt(serial_number);
}

test('a node that is killed while it publishes a CRL is replaced by another: nothing is lost, and the number grows', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-takeover-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { url } = await freshAddress.postgres();
  const database = new Client({ connectionString: url });
  await database.connect();
  t.after(() => database.end());
  const nodes = [await startNode(folder, 'one', url), await startNode(folder, 'two', url)];
  t.after(() => Promise.all(nodes.map(({ server }) => server.kill())));
  const api = await signIn(nodes[0]!.server);
  t.after(() => api.close());
  await api.call('POST', '/v1/private-certificate-authorities/obs/agencies');
  await api.call('POST', '/v1/object-storage/buckets', { bucket_name: bucket });
  const crl_configuration = { enabled: true, obs_bucket_name: bucket, valid_days: 7 };
  const caId = await createCa(api, { ...rootCaBody('Takeover'), crl_configuration });
  const addressAt = ({ server }: Node) => `${server.httpUrl}/obs/${bucket}/${caId}.crl`;
  const first = await until('the first CRL', () => publishedAt(addressAt(nodes[0]!)));

  await seedRevoked(database, caId);
  const before = await revokedNow(api, caId);
  const publisher = await until('a node that publishes', async () => {
    for (const node of nodes) if ((await readdir(node.spools)).length > 0) return node;
    return undefined;
  });
  await publisher.server.kill();
  const { rows } = await database.query('SELECT lease, last_number FROM crl_states WHERE ca_id = $1', [caId]);
  assert.notEqual(rows[0]?.lease, null, 'it was killed in the middle');
  const abandoned = BigInt(rows[0]?.last_number);

  const survivor = nodes.find((node) => node !== publisher)!;
  assert.equal(
    (await publishedAt(addressAt(survivor)))?.number,
    first.number,
    'the last CRL stands until the next',
  );
  const other = await clientWith(survivor.server, api.token);
  t.after(() => other.close());
  const after = await revokedNow(other, caId);
  const advanced = await fetch(`${survivor.server.httpUrl}/dev/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advance_seconds: leaseSeconds }),
  });
  assert.equal(advanced.status, 200);
  const crl = await until('the CRL of the survivor', async () => {
    const found = await publishedAt(addressAt(survivor));
    return found?.number === first.number ? undefined : found;
  });
  assert.ok(abandoned > first.number! && crl.number! > abandoned);
  const listed = new Set(crl.revoked.map(({ serialNumber }) => serialNumber));
  assert.equal(listed.size, crl.revoked.length, 'nothing is listed twice');
  assert.equal(listed.size, revokedBefore + 2);
  assert.ok(listed.has(before) && listed.has(after));
  for (let n = 1; n <= revokedBefore; n += 1) assert.ok(listed.has(firstSerial + BigInt(n)));
});
