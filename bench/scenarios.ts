import { passwordSignIn, signIn } from '../test/support/api-client.ts';
import { certificateBody, csrBody } from '../test/support/private-ca-requests.ts';
import { sampleCsr } from '../test/support/sample-csr.ts';
import type { RunningServer } from '../test/support/server.ts';
import { cfsslIsInstalled, startCfssl } from './cfssl.ts';
import { type Load, measure } from './load.ts';
import type { Report } from './report.ts';

const cas = '/v1/private-certificate-authorities';
const certificates = '/v1/private-certificates';
const concurrencies = [1, 8, 32, 64];

async function tokenOf(server: RunningServer): Promise<Record<string, string>> {
  const api = await signIn(server);
  api.close();
  return { 'x-auth-token': api.token ?? '' };
}

const post = (url: string, body: object, connections: number, seconds: number): Load => ({
  url,
  method: 'POST',
  body: JSON.stringify(body),
  connections,
  seconds,
});

/** Issuing by CSR, beside cfssl's signing of the same CSR in the same minutes. */
export async function benchIssuance(report: Report, server: RunningServer, caId: string, seconds: number) {
  const headers = await tokenOf(server);
  const body = csrBody(caId);
  if (!cfsslIsInstalled()) throw new Error('cfssl is missing: run test/peers/install.sh');
  const cfssl = await startCfssl();
  try {
    report.section(
      'issue by CSR (P-256): stored, authorised and audited; cfssl stores nothing and asks nobody',
    );
    for (const connections of concurrencies) {
      const ours = { ...post(`${server.httpUrl}${certificates}/csr`, body, connections, seconds), headers };
      const measured = await measure('OpenCCM, HTTP', ours);
      const theirs = post(cfssl.signUrl, { certificate_request: sampleCsr }, connections, seconds);
      const peer = await measure('cfssl, HTTP', theirs);
      report.add(measured, measured.requestsPerSecond / peer.requestsPerSecond);
      report.add(peer);
    }
  } finally {
    await cfssl.stop();
  }
  for (const connections of concurrencies) {
    const load = { ...post(`${server.httpsUrl}${certificates}/csr`, body, connections, seconds), headers };
    report.add(await measure('OpenCCM, HTTPS', { ...load, caFile: server.caFile }));
  }
}

/** Issuing with a key that the server generates. */
export async function benchKeyGeneration(
  report: Report,
  server: RunningServer,
  caId: string,
  seconds: number,
) {
  const headers = await tokenOf(server);
  report.section('issue with a generated key');
  for (const algorithm of ['EC256', 'RSA2048'])
    for (const connections of [1, 8]) {
      const body = { ...certificateBody(caId, 'generated.example.test'), key_algorithm: algorithm };
      const load = { ...post(`${server.httpUrl}${certificates}`, body, connections, seconds), headers };
      report.add(await measure(`${algorithm}, HTTP`, load));
    }
}

/** The cheapest request, by each way to say who asks; and signing in. */
export async function benchAuthentication(report: Report, server: RunningServer, seconds: number) {
  const { bootstrap } = server;
  const headers = await tokenOf(server);
  const url = `${server.httpUrl}${cas}/quotas`;
  const accessKey = { accessKey: bootstrap.access_key, secretKey: bootstrap.secret_key };
  report.section('authentication, with the quota of CAs as the cheapest request');
  for (const connections of [1, 32]) {
    const load: Load = { url, method: 'GET', connections, seconds };
    report.add(await measure('token, HTTP', { ...load, headers }));
    report.add(await measure('AK/SK signature, HTTP', { ...load, accessKey }));
  }
  const who = {
    accountName: bootstrap.account_name,
    userName: bootstrap.user_name,
    password: bootstrap.password,
    projectName: bootstrap.project_name,
  };
  const signingIn = post(`${server.httpUrl}/v3/auth/tokens`, passwordSignIn(who), 4, seconds);
  report.add(await measure('sign in by password, HTTP', signingIn));
}

/** Pages of a long list, by each order, at its begin and deep inside, and filtered. */
export async function benchLists(report: Report, server: RunningServer, seconds: number) {
  const headers = await tokenOf(server);
  report.section('list of 100,000 certificates');
  const queries = ['create_time', 'common_name', 'issuer_name', 'not_after'].flatMap((key) =>
    ['DESC', 'ASC'].map((direction) => `sort_key=${key}&sort_dir=${direction}`),
  );
  queries.push('limit=1000', 'offset=50000', 'status=ISSUED', 'status=REVOKED', 'name=device-0042');
  for (const query of queries) {
    const load: Load = {
      url: `${server.httpUrl}${certificates}?${query}`,
      method: 'GET',
      connections: 8,
      seconds,
    };
    report.add(await measure(query, { ...load, headers }));
  }
}
