import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SslConfiguration } from '../src/ssl-certificates/index.ts';
import { type ApiClient, type Credentials, passwordSignIn, signIn } from '../test/support/api-client.ts';
import { type DnsServer, startDnsServer } from '../test/support/dns-server.ts';
import { certificateBody, createCa, issueByCsr, rootCaBody } from '../test/support/private-ca-requests.ts';
import { openAccount } from '../test/support/second-account.ts';
import { type RunningServer, startServer } from '../test/support/server.ts';
import { apply, buy, reach } from '../test/support/ssl-world.ts';
import type { Attack } from './aggressor.ts';
import type { Measured } from './load.ts';
import type { Report } from './report.ts';

const silentApplications = 60;
const listedCertificates = 200;
/** The aggressor's load is at its worst after this. */
const settleMs = 5_000;
/** The first check of a name is made within this. */
const firstCheckMs = 500;
const aggressor = fileURLToPath(new URL('aggressor.ts', import.meta.url));

type Operation = readonly [name: string, run: (round: number) => Promise<unknown>];

/** How much one account at its worst slows another one: latencies of the same requests without it and beside it. */
export async function benchFairness(report: Report, seconds: number): Promise<void> {
  const world = await startWorld();
  const server = await startServer({ env: world.env });
  try {
    const victim = await openAccount(server, 'victim');
    const attacker = await openAccount(server, 'aggressor');
    const operations = await prepareVictim(server, victim, world.records);
    report.section('fairness: one account alone, and beside another at its worst; the ratio is of medians');
    const alone = await measureAll(operations, seconds);
    const child = await attack(server, attacker);
    await delay(settleMs);
    const beside = await measureAll(operations, seconds);
    for (const [index, measured] of alone.entries()) {
      const other = beside[index];
      if (!other) continue;
      report.add({ ...measured, name: `${measured.name}, alone` });
      report.add({ ...other, name: `${other.name}, beside` }, other.p50Ms / measured.p50Ms);
    }
    report.fact('what the other account was answered', await stopped(child));
  } finally {
    await server.stop();
    await world.close();
  }
}

interface World {
  readonly env: Record<string, string>;
  /** TXT records of names that are answered; names below silent.test are not. */
  readonly records: Map<string, string>;
  close(): Promise<void>;
}

async function startWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-bench-fairness-'));
  const records = new Map<string, string>();
  const dns: DnsServer = await startDnsServer(({ name }) => {
    if (name.endsWith('silent.test')) return 'silence';
    const data = records.get(name);
    return data === undefined ? [] : [{ type: 'TXT', name, data }];
  });
  const mail = await startSilentServer();
  const configuration: SslConfiguration = {
    applications: { first_check_seconds: 1, longest_check_seconds: 1, organization_review: 'automatic' },
    validation: { resolvers: [dns.address] },
    mail: { host: '127.0.0.1', port: mail.port, tls: 'none', from: 'OpenCCM <pki@example.test>' },
    notifications: { applicants: false, emails: [{ address: 'operator@example.test' }] },
  };
  const file = join(folder, 'ssl.json');
  await writeFile(file, JSON.stringify(configuration));
  return {
    env: { OPENCCM_HTTP_API: '1', OPENCCM_SSL_CONFIG: file },
    records,
    async close() {
      await Promise.all([dns.close(), mail.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Takes connections and says nothing. */
async function startSilentServer() {
  const sockets = new Set<{ destroy(): unknown }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** What people wait for: each round is one request, but for the application, which is measured from its sending to the certificate. */
async function prepareVictim(
  server: RunningServer,
  victim: Credentials,
  records: Map<string, string>,
): Promise<readonly Operation[]> {
  const api = await signIn(server, victim);
  const project = await projectOf(api);
  const caId = await createCa(api, rootCaBody('Victim root'));
  await issueByCsr(api, caId);
  const kms = `/v1.0/${project}/kms`;
  const { key_info } = await api.call<{ key_info: { key_id: string } }>('POST', `${kms}/create-key`, {
    key_alias: 'victim',
    key_spec: 'AES_256',
  });
  const plain = { key_id: key_info.key_id, plain_text: 'a secret' };
  let names = 0;
  const generated = { ...certificateBody(caId, 'victim.example.test'), key_algorithm: 'EC256' };
  return [
    ['sign in by password', () => api.call('POST', '/v3/auth/tokens', passwordSignIn(victim))],
    ['issue with a P-256 key', () => api.call('POST', '/v1/private-certificates', generated)],
    ['list certificates', () => api.call('GET', '/v1/private-certificates')],
    ['encrypt-data', () => api.call('POST', `${kms}/encrypt-data`, plain)],
    ['SSL certificate, proven by DNS', () => obtain(api, records, `www${names++}.example.test`)],
  ];
}

async function projectOf(api: ApiClient): Promise<string> {
  const { projects } = await api.call<{ projects: { id: string }[] }>('GET', '/v3/auth/projects');
  return projects[0]?.id ?? '';
}

/** The record appears after the first check, so that always the second one, a second later, finds it. */
async function obtain(api: ApiClient, records: Map<string, string>, domain: string): Promise<void> {
  const [id = ''] = await buy(api, 1);
  await apply(api, id, { domain });
  const { authentification } = await reach(api, id, 'CHECKING_DOMAIN');
  await delay(firstCheckMs);
  for (const { record_name, record_value } of authentification) records.set(record_name, record_value);
  await reach(api, id, 'ISSUED');
}

async function measureAll(operations: readonly Operation[], seconds: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const [name, run] of operations) {
    const times: number[] = [];
    const endMs = performance.now() + seconds * 1_000;
    for (let round = 0; performance.now() < endMs || round < 3; round += 1) {
      const startMs = performance.now();
      await run(round);
      times.push(performance.now() - startMs);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => Number((times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1));
    measured.push({
      name,
      connections: 1,
      requestsPerSecond: times.length / seconds,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
    });
  }
  return measured;
}

/** Everything at once that an account can do to others. */
async function attack(server: RunningServer, attacker: Credentials): Promise<ChildProcess> {
  const api = await signIn(server, attacker);
  const project = await projectOf(api);
  const kms = `/v1.0/${project}/kms`;
  const caId = await createCa(api, rootCaBody('Aggressor root'));
  for (let issued = 0; issued < listedCertificates; issued += 1) await issueByCsr(api, caId);
  const { key_info } = await api.call<{ key_info: { key_id: string } }>('POST', `${kms}/create-key`, {
    key_alias: 'aggressor',
    key_spec: 'AES_256',
  });
  for (const [index, id] of (await buyMany(api, silentApplications)).entries())
    await apply(api, id, { domain: `www${index}.silent.test` });
  const own = { headers: { 'x-auth-token': api.token ?? '' } };
  const rsa = JSON.stringify({ key_id: key_info.key_id, key_spec: 'RSA_4096' });
  const unknown = { ...attacker, userName: 'nobody-#', password: 'Guessed-Password-1' };
  const logIn = { url: `${server.httpUrl}/v3/auth/tokens`, method: 'POST', connections: 16 };
  const get = (path: string) => ({ ...own, url: `${server.httpUrl}${path}`, method: 'GET', connections: 4 });
  const attacks: readonly Attack[] = [
    {
      ...{ name: 'RSA-4096 keys', url: `${server.httpUrl}${kms}/create-rsa-datakey-pair`, method: 'POST' },
      ...{ ...own, body: rsa, connections: 16 },
    },
    { name: 'logins with unknown names', ...logIn, body: JSON.stringify(passwordSignIn(unknown)) },
    { name: 'own logins', ...logIn, body: JSON.stringify(passwordSignIn(attacker)) },
    { name: 'lists', ...get('/v1/private-certificates?limit=1000') },
    { name: 'audit records', ...get('/v1/audit/records?limit=1000') },
  ];
  api.close();
  const child = spawn(process.execPath, [aggressor], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(attacks));
  return child;
}

async function buyMany(api: ApiClient, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(...(await buy(api, Math.min(10, count - ids.length))));
  return ids;
}

async function stopped(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
  return Buffer.concat(chunks).toString().trim();
}
