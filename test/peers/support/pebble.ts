import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOutbound } from '../../../src/platform/outbound/index.ts';
import { freePort } from '../../support/free-port.ts';
import { run, type Service, serve } from './programs.ts';

/** A real ACME server with a DNS server and a web server, in which tests say what an applicant would publish. */
export interface Pebble {
  readonly directoryUrl: string;
  /** PEM file of what its own certificate is checked with. */
  readonly caFile: string;
  readonly externalAccountBinding: { readonly kid: string; readonly hmacKey: string };
  publishText(name: string, value: string): Promise<void>;
  publishFile(path: string, content: string): Promise<void>;
  /** PEM of the root below which it issues. */
  root(): Promise<string>;
  /** What it would say of a certificate: Valid or Revoked. */
  statusOf(serialNumber: bigint): Promise<string>;
  /** It forgets everything: accounts, orders, its own CA. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const readyWithinMs = 20_000;
const externalAccountBinding = { kid: 'kid-1', hmacKey: Buffer.alloc(48, 5).toString('base64url') };
const outbound = createOutbound({ allow: ['127.0.0.1/32'] });

export interface PebbleOptions {
  /** `ip:port` of who is asked for records; else a server of its own, which knows what the tests publish. */
  readonly dnsServer?: string;
  /** Of the certificates. */
  readonly lifetimeSeconds?: number;
}

/** Half of all good nonces are refused, challenges are really looked at, and accounts need a binding. */
export async function startPebble({ dnsServer, lifetimeSeconds }: PebbleOptions = {}): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-pebble-'));
  const [acme, management, dns, http, records] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const local = (port: number) => `127.0.0.1:${port}`;
  const caFile = join(folder, 'server.pem');
  const keyFile = join(folder, 'server.key');
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=pebble', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', caFile],
  ]);
  const pebble = {
    listenAddress: local(acme),
    managementListenAddress: local(management),
    certificate: caFile,
    privateKey: keyFile,
    httpPort: http,
    tlsPort: 1,
    ocspResponderURL: '',
    ...(lifetimeSeconds !== undefined && { certificateValidityPeriod: lifetimeSeconds }),
    externalAccountBindingRequired: true,
    externalAccountMACKeys: { [externalAccountBinding.kid]: externalAccountBinding.hmacKey },
  };
  const configuration = join(folder, 'pebble.json');
  await writeFile(configuration, JSON.stringify({ pebble }));
  const env = {
    PEBBLE_WFE_NONCEREJECT: '50',
    PEBBLE_VA_ALWAYS_VALID: '0',
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_AUTHZREUSE: '100',
  };
  const ca = await readFile(caFile, 'utf8');
  const start = () =>
    serve('pebble', ['-config', configuration, '-dnsserver', dnsServer ?? local(dns)], { env });
  const world = serve('pebble-challtestsrv', [
    ...['-dns01', local(dns), '-http01', local(http), '-management', local(records)],
    ...['-https01', '', '-tlsalpn01', '', '-defaultIPv6', ''],
  ]);
  let server = start();
  const managed = async (path: string) => {
    const answer = await outbound.request(`https://${local(management)}${path}`, { ca });
    return Buffer.from(answer.body).toString('utf8');
  };
  const told = async (path: string, body: object) => {
    const options = { method: 'POST', body: JSON.stringify(body) } as const;
    const { status } = await outbound.request(`http://${local(records)}${path}`, options);
    if (status !== 200) throw new Error(`${path}: ${status}`);
  };
  const directoryUrl = `https://${local(acme)}/dir`;
  const ready = () => untilReady(() => outbound.request(directoryUrl, { ca }), [server, world]);
  await ready();
  return {
    directoryUrl,
    caFile,
    externalAccountBinding,
    publishText: (name, value) => told('/set-txt', { host: `${name}.`, value }),
    publishFile: (path, content) => told('/add-http01', { token: path.split('/').at(-1), content }),
    root: () => managed('/roots/0'),
    async statusOf(serialNumber) {
      const answer = await managed(`/cert-status-by-serial/${serialNumber.toString(16)}`);
      return (JSON.parse(answer) as { Status: string }).Status;
    },
    async restart() {
      await server.stop();
      server = start();
      await ready();
    },
    async stop() {
      await Promise.all([server.stop(), world.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(ask: () => Promise<unknown>, services: readonly Service[]): Promise<void> {
  const endMs = performance.now() + readyWithinMs;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      const said = services.map((service) => service.said()).join('\n');
      if (performance.now() > endMs) throw new Error(`Pebble does not answer:\n${said}`, { cause: error });
    }
    await sleep(50);
  }
}
