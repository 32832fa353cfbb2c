import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  encodeCertId,
  encodeOcspRequest,
  issuerHashes,
  parseCertificate,
  parseOcspResponse,
  parseSinglePem,
} from '../src/pki/index.ts';
import { type ApiClient, signIn } from '../test/support/api-client.ts';
import { createCa, issueByCsr, rootCaBody } from '../test/support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../test/support/server.ts';
import { type Load, measure } from './load.ts';
import { forgetPeak, readMemory } from './memory.ts';
import { startOpensslResponder } from './openssl-ocsp.ts';
import type { Report } from './report.ts';
import { readPublication, seedCertificates, seededCertificates, seedRevoked } from './seed.ts';

const cas = '/v1/private-certificate-authorities';
const bucket = 'bench-crls';
// Even half of them are more than the answers that are remembered, so that none is given twice where they are asked in turn.
const seeded = seededCertificates(100_000);
const listSizes = [10_000, 1_000_000];
const publishedWithinMs = 600_000;

/** OCSP beside openssl, revoking, and the publication of long CRLs, each on data of its own. */
export async function benchRevocation(report: Report, seconds: number): Promise<void> {
  await withDataDir(async (dataDir) => {
    const caId = await onServer(dataDir, async (api) => {
      const created = await createCa(api, rootCaBody('Bench revocation'));
      await issueByCsr(api, created);
      return created;
    });
    seedCertificates(dataDir, seeded.length);
    await onServer(dataDir, async (api, server) => {
      await benchOcsp(report, api, server, caId, seconds);
      await benchRevoking(report, api, server, caId, seconds);
    });
  });
  for (const entries of listSizes) await withDataDir((dataDir) => benchPublication(report, dataDir, entries));
}

async function benchOcsp(
  report: Report,
  api: ApiClient,
  server: RunningServer,
  caId: string,
  seconds: number,
) {
  await api.call('POST', `${cas}/${caId}/ocsp/switch`, { ocsp_switch: true });
  const { certificate: caPem } = await api.call<{ certificate: string }>('POST', `${cas}/${caId}/export`);
  const { subjectDer, spki } = parseCertificate(parseSinglePem(caPem, 'CERTIFICATE'));
  const hashes = issuerHashes(subjectDer, spki, 'SHA1');
  const requests = seeded.map(({ serialNumber }) => {
    const request = encodeOcspRequest([encodeCertId(hashes, 'SHA1', serialNumber)]);
    return encodeURIComponent(Buffer.from(request).toString('base64'));
  });
  const load: Load = { url: '', method: 'GET', connections: 32, seconds };
  const peer = await startOpensslResponder(
    caPem,
    seeded.map(({ serialNumber }) => serialNumber),
  );
  report.section('OCSP by GET (P-256); openssl ocsp is one process that signs all, with a connection each');
  try {
    for (const [what, kept, asked] of [
      ['1 certificate', requests.slice(0, 1), requests.slice(0, 1)],
      // Others in the second run, which would find the answers of a short first one.
      ['50,000 in turn', requests.slice(50_000), requests.slice(0, 50_000)],
    ] as const) {
      const pathsOf = (prefix: string, of: readonly string[]) => of.map((request) => `${prefix}/${request}`);
      const ours = { ...load, url: server.httpUrl, paths: pathsOf(`/ocsp/${caId}`, asked) };
      const keeping = { ...ours, paths: pathsOf(`/ocsp/${caId}`, kept) };
      const theirs = { ...load, url: peer.url, paths: pathsOf('', asked), connectionEach: true };
      for (const { url, paths: asking } of [ours, theirs])
        for (const path of [asking[0], asking.at(-1)]) await expectGood(`${new URL(url).origin}${path}`);
      report.add(await measure(`OpenCCM, ${what}, connections kept`, keeping));
      const measured = await measure(`OpenCCM, ${what}`, { ...ours, connectionEach: true });
      const measuredPeer = await measure(`openssl ocsp, ${what}`, theirs);
      report.add(measured, measured.requestsPerSecond / measuredPeer.requestsPerSecond);
      report.add(measuredPeer);
    }
  } finally {
    await peer.stop();
  }
}

/** OCSP errors come with 200 too, and are fast. */
async function expectGood(url: string): Promise<void> {
  const answer = parseOcspResponse(new Uint8Array(await (await fetch(url)).arrayBuffer()));
  const kind = typeof answer === 'object' ? answer.responses[0]?.status.kind : answer;
  if (kind !== 'good') throw new Error(`${url} says ${kind}`);
}

/** Each request revokes another certificate, while the CRL is published again and again. */
async function benchRevoking(
  report: Report,
  api: ApiClient,
  server: RunningServer,
  caId: string,
  seconds: number,
) {
  await allowPublication(api);
  await enableCrl(api, caId);
  report.section('revocations, each of another certificate, with CRL and OCSP on');
  const load: Load = {
    url: server.httpUrl,
    paths: seeded.map(({ certificateId }) => `/v1/private-certificates/${certificateId}/revoke`),
    method: 'POST',
    headers: { 'x-auth-token': api.token ?? '' },
    body: JSON.stringify({ reason: 'KEY_COMPROMISE' }),
    connections: 8,
    seconds,
  };
  report.add(await measure('OpenCCM, HTTP', load));
  report.fact('entries of the last CRL', readPublication(server.dataDir, caId).entries);
}

/** From the switching on of CRLs to the complete one in its bucket, as the server timed it. */
async function benchPublication(report: Report, dataDir: string, entries: number): Promise<void> {
  const caId = await onServer(dataDir, async (api) => {
    await allowPublication(api);
    return createCa(api, rootCaBody('Bench CRL'));
  });
  seedRevoked(dataDir, caId, entries);
  await onServer(dataDir, async (api, server) => {
    forgetPeak(server.processId);
    const { residentMegabytes: before } = readMemory(server.processId);
    await enableCrl(api, caId);
    const seconds = await untilPublished(dataDir, caId, entries);
    const growth = readMemory(server.processId).peakMegabytes - before;
    report.fact(`CRL of ${entries} entries (s) / peak growth (MB)`, `${seconds.toFixed(2)} / ${growth}`);
  });
}

async function untilPublished(dataDir: string, caId: string, entries: number): Promise<number> {
  const deadline = performance.now() + publishedWithinMs;
  while (performance.now() < deadline) {
    const publication = readPublication(dataDir, caId);
    if (publication.entries === entries) return publication.seconds;
    await delay(100);
  }
  throw new Error(`no CRL of ${entries} entries within ${publishedWithinMs} ms`);
}

async function allowPublication(api: ApiClient): Promise<void> {
  await api.call('POST', `${cas}/obs/agencies`);
  await api.call('POST', '/v1/object-storage/buckets', { bucket_name: bucket });
}

const enableCrl = (api: ApiClient, caId: string) =>
  api.call('POST', `${cas}/${caId}/crl/enable`, { obs_bucket_name: bucket, valid_days: 7 });

async function withDataDir(work: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openccm-bench-'));
  try {
    await work(dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function onServer<Result>(
  dataDir: string,
  work: (api: ApiClient, server: RunningServer) => Promise<Result>,
): Promise<Result> {
  const server = await startServer({ dataDir, env: { OPENCCM_HTTP_API: '1' } });
  try {
    const api = await signIn(server);
    try {
      return await work(api, server);
    } finally {
      api.close();
    }
  } finally {
    await server.stop();
  }
}
