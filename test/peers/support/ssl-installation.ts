import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SslConfiguration } from '../../../src/ssl-certificates/index.ts';
import { type RunningServer, startServer } from '../../support/server.ts';
import { type NameServer, startNameServer, type TsigSecret } from './name-server.ts';
import { openSdkSession, type SdkSession } from './sdk-session.ts';
import {
  type HaproxyServer,
  handshake,
  type NginxServer,
  type Served,
  startHaproxy,
  startNginx,
} from './tls-servers.ts';

export const zone = 'example.test';
export const hostName = `www.${zone}`;
export const project = 'cn-north-4';

export const tsig: TsigSecret = {
  name: `ccm.${zone}`,
  algorithm: 'hmac-sha256',
  secret: randomBytes(32).toString('base64'),
};

const checksSoon: NonNullable<SslConfiguration['applications']> = {
  organization_review: 'automatic',
  first_check_seconds: 1,
  longest_check_seconds: 2,
};

/** What `ShowCertificate` answers, as far as the tests look at it. */
export interface ShownCertificate {
  readonly id: string;
  readonly status: string;
  readonly not_after: string | null;
  readonly fingerprint: string | null;
  readonly authentification: readonly {
    readonly record_name: string;
    readonly record_type: string;
    readonly record_value: string;
    readonly domain: string;
  }[];
}

/** The program in a process of its own, BIND, nginx and HAProxy, and the vendor's SDK. */
export interface SslInstallation {
  readonly server: RunningServer;
  readonly sdk: SdkSession;
  readonly bind: NameServer;
  readonly nginx: NginxServer;
  readonly haproxy: HaproxyServer;
  readonly folder: string;
  /** Moves the program's clock; resolves with its new time, once what became due is done. */
  advance(seconds: number): Promise<number>;
  show(certificateId: string): Promise<ShownCertificate>;
  /** Waits until a certificate is in this state, and fails if it does not come to it. */
  reach(certificateId: string, status: string): Promise<ShownCertificate>;
  /** What OpenSSL finds at nginx and at HAProxy under `hostName`. */
  served(where: 'nginx' | 'haproxy', rootsFile: string, atMs?: number): Promise<Served>;
  stop(): Promise<void>;
}

const changesWithinMs = 60_000;

/** Puts sections of the configuration beside those for DNS and for the targets. */
export async function startSslInstallation(
  sections: Partial<SslConfiguration> & { readonly nameServer?: NameServer } = {},
): Promise<SslInstallation> {
  const { nameServer, ...others } = sections;
  const folder = await mkdtemp(join(tmpdir(), 'openccm-ssl-'));
  const [bind, nginx, haproxy] = await Promise.all([
    nameServer ?? startNameServer(zone, [tsig], ['www 60 IN A 127.0.0.1']),
    startNginx(hostName),
    startHaproxy(hostName),
  ]);
  const configuration: SslConfiguration = {
    applications: checksSoon,
    targets: targets(nginx, haproxy),
    ...others,
    validation: {
      resolvers: [bind.address],
      auto_dns: [{ kind: 'rfc2136', zones: [zone], server: bind.address, tsig: { ...tsig } }],
      http_port: nginx.httpPort,
      ...others.validation,
    },
  };
  const file = join(folder, 'ssl.json');
  await writeFile(file, JSON.stringify(configuration), { mode: 0o600 });
  const env = { OPENCCM_SSL_CONFIG: file, OPENCCM_DEV_CLOCK: '1', OPENCCM_RSA_POOL_SIZE: '0' };
  const server = await startServer({ env });
  const sdk = openSdkSession(server);
  const show = (certificateId: string) =>
    sdk.call<ShownCertificate>('show_certificate', { fields: { certificate_id: certificateId } });
  return {
    ...{ server, sdk, bind, nginx, haproxy, folder, show },
    async advance(seconds) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ advance_seconds: seconds });
      const answer = await fetch(`${server.httpUrl}/dev/clock`, { method: 'POST', headers, body });
      if (!answer.ok) throw new Error(`the clock was not moved: ${await answer.text()}`);
      return ((await answer.json()) as { now_ms: number }).now_ms;
    },
    async reach(certificateId, status) {
      for (const deadline = performance.now() + changesWithinMs; ; await delay(200)) {
        const shown = await show(certificateId);
        if (shown.status === status) return shown;
        if (performance.now() > deadline) throw new Error(`not ${status}: ${JSON.stringify(shown)}`);
      }
    },
    served: (where, rootsFile, atMs) =>
      handshake((where === 'nginx' ? nginx : haproxy).port, hostName, {
        rootsFile,
        ...(atMs !== undefined && { atMs }),
      }),
    async stop() {
      await sdk.close();
      await server.stop();
      await Promise.all([bind.stop(), nginx.stop(), haproxy.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** nginx as a listener of ELB, HAProxy as the edge of CDN. */
function targets(nginx: NginxServer, haproxy: HaproxyServer): NonNullable<SslConfiguration['targets']> {
  const probe = (port: number) => [{ host: '127.0.0.1', port, server_name: hostName }];
  return [
    {
      ...{ service: 'ELB', project, connector: 'nginx', probe_seconds: 5 },
      test: nginx.command('-t', '-q'),
      reload: nginx.command('-s', 'reload'),
      resources: {
        listener: {
          certificate_file: nginx.certificateFile,
          key_file: nginx.keyFile,
          name: 'web servers',
          probe: probe(nginx.port),
        },
      },
    },
    {
      ...{ service: 'CDN', project: 'global', connector: 'haproxy', probe_seconds: 5 },
      socket: haproxy.socket,
      resources: { [hostName]: { certificate_file: haproxy.certificateFile, probe: probe(haproxy.port) } },
    },
  ];
}
