import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signIn } from '../test/support/api-client.ts';
import { createCa, issueByCsr, rootCaBody } from '../test/support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../test/support/server.ts';
import { benchCost } from './cost-scenarios.ts';
import { benchFairness } from './fairness-scenarios.ts';
import { benchKeys } from './kms-scenarios.ts';
import { readMemory } from './memory.ts';
import { Report } from './report.ts';
import { benchRevocation } from './revocation-scenarios.ts';
import { benchAuthentication, benchIssuance, benchKeyGeneration, benchLists } from './scenarios.ts';
import { liftQuota, seedCertificates } from './seed.ts';
import { benchSslCertificates } from './ssl-scenarios.ts';

// How long each load runs: ten seconds give a stable p99 on a quiet machine; one is enough to see that everything runs.
const seconds = Number(process.env.OPENCCM_TEST_BENCH_SECONDS ?? 10);
const listed = 100_000;
const starts = 5;

const report = new Report();
const startedAt = new Date();
const dataDir = await mkdtemp(join(tmpdir(), 'openccm-bench-'));
const sections: Readonly<Record<string, () => Promise<void>>> = {
  general: benchGeneral,
  cost: () => benchCost(report),
  revocation: () => benchRevocation(report, seconds),
  'ssl-certificates': () => benchSslCertificates(report, seconds),
  fairness: () => benchFairness(report, seconds),
};
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sections);
try {
  for (const name of wanted) {
    const section = sections[name];
    if (!section) throw new Error(`no section ${name}; there are ${Object.keys(sections).join(', ')}`);
    await section();
  }
  console.log(`\nsaved as ${report.save(startedAt)}`);
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

/** What needs no data of its own, on one data folder. */
async function benchGeneral(): Promise<void> {
  report.fact('first start, empty data folder, to ready (ms)', await timeToReady());
  const { caId, restarts } = await prepare();
  report.fact(`restart to ready, median of ${starts} (ms)`, restarts);
  await withServer(async (server) => {
    await benchIssuance(report, server, caId, seconds);
    await benchKeyGeneration(report, server, caId, seconds);
    await benchAuthentication(report, server, seconds);
    await benchKeys(report, server, seconds);
    reportMemory('after issuance', server);
  });
  const seeded = performance.now();
  seedCertificates(dataDir, listed);
  report.fact(`seconds to seed ${listed} certificates`, ((performance.now() - seeded) / 1000).toFixed(1));
  await withServer(async (server) => {
    await benchLists(report, server, seconds);
    reportMemory('after lists', server);
  });
}

/** A CA, one certificate of it, and a quota that does not end the benchmark; and how long restarts take. */
async function prepare(): Promise<{ caId: string; restarts: number }> {
  let server = await startServer({ dataDir });
  const api = await signIn(server);
  const caId = await createCa(api, rootCaBody('Bench root'));
  await issueByCsr(api, caId);
  api.close();
  await server.stop();
  liftQuota(dataDir);
  const times: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    server = await startServer({ dataDir });
    times.push(Math.round(server.startMilliseconds));
    await server.stop();
  }
  return { caId, restarts: times.sort((a, b) => a - b)[Math.floor(starts / 2)] ?? 0 };
}

async function timeToReady(): Promise<number> {
  const server = await startServer();
  await server.stop();
  return Math.round(server.startMilliseconds);
}

async function withServer(work: (server: RunningServer) => Promise<void>): Promise<void> {
  const server = await startServer({ dataDir, env: { OPENCCM_HTTP_API: '1' } });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

function reportMemory(when: string, server: RunningServer): void {
  const { residentMegabytes, peakMegabytes } = readMemory(server.processId);
  report.fact(`memory ${when}, resident / peak (MB)`, `${residentMegabytes} / ${peakMegabytes}`);
}
