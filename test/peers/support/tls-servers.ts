import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import { selfSignedCredentials } from '../../support/self-signed.ts';
import { attempt, program, type Service, serve } from './programs.ts';

const readyWithinMs = 15_000;

/** An nginx of its own, which serves TLS with a certificate that nobody should trust until another one is put in its place. */
export interface NginxServer {
  readonly port: number;
  /** Where it serves the files of `webRoot` by HTTP. */
  readonly httpPort: number;
  readonly webRoot: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The program with these arguments, for this nginx. */
  command(...args: string[]): string[];
  /** From now on it refuses its own configuration, as after an edit that went wrong; or it takes it again. */
  spoil(isSpoilt: boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function startNginx(hostName: string): Promise<NginxServer> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-nginx-'));
  const [port, httpPort] = [await freePort(), await freePort()];
  const at = (name: string) => join(folder, name);
  const { certificatePem, keyPem } = await selfSignedCredentials(hostName);
  await writeFile(at('server.crt'), certificatePem);
  await writeFile(at('server.key'), keyPem, { mode: 0o600 });
  for (const name of ['logs', 'web']) await mkdir(at(name));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${at(name)};`,
  );
  await writeFile(
    at('nginx.conf'),
    `daemon off; pid ${at('nginx.pid')}; error_log stderr; worker_processes 1; ${asSameUser()}
     events {}
     http {
       access_log off; ${temporary.join(' ')}
       include ${folder}/extra*.conf;
       server { listen 127.0.0.1:${port} ssl; server_name ${hostName};
         ssl_certificate ${at('server.crt')}; ssl_certificate_key ${at('server.key')}; return 200 "served\\n"; }
       server { listen 127.0.0.1:${httpPort}; root ${at('web')}; }
     }`,
  );
  const nginx = serve('nginx', ['-p', folder, '-c', 'nginx.conf']);
  const stop = async () => {
    await nginx.stop();
    await rm(folder, { recursive: true, force: true });
  };
  await untilServed(port, nginx, stop);
  return {
    port,
    httpPort,
    webRoot: at('web'),
    certificateFile: at('server.crt'),
    keyFile: at('server.key'),
    command: (...args) => [program('nginx'), '-p', folder, '-c', 'nginx.conf', ...args],
    spoil: (isSpoilt) =>
      isSpoilt ? writeFile(at('extra.conf'), 'no_such_directive on;') : rm(at('extra.conf'), { force: true }),
    stop,
  };
}

/** As root nginx would give its requests to a user who cannot read temporary folders of tests. */
function asSameUser(): string {
  return process.getuid?.() === 0 ? 'user root;' : '';
}

export interface HaproxyServer {
  readonly port: number;
  readonly certificateFile: string;
  /** Of its runtime API. */
  readonly socket: string;
  stop(): Promise<void>;
}

export async function startHaproxy(hostName: string): Promise<HaproxyServer> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-haproxy-'));
  const port = await freePort();
  const certificateFile = join(folder, 'edge.pem');
  const socket = join(folder, 'admin.sock');
  const { certificatePem, keyPem } = await selfSignedCredentials(hostName);
  await writeFile(certificateFile, certificatePem + keyPem, { mode: 0o600 });
  const configuration = join(folder, 'haproxy.cfg');
  await writeFile(
    configuration,
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend edge
  bind 127.0.0.1:${port} ssl crt ${certificateFile}
  http-request return status 200 content-type text/plain string served
`,
  );
  const haproxy = serve('haproxy', ['-db', '-f', configuration]);
  const stop = async () => {
    await haproxy.stop();
    await rm(folder, { recursive: true, force: true });
  };
  await untilServed(port, haproxy, stop);
  return { port, certificateFile, socket, stop };
}

async function untilServed(port: number, service: Service, stop: () => Promise<void>): Promise<void> {
  for (const deadline = performance.now() + readyWithinMs; ; await delay(50)) {
    const { code } = await attempt('openssl', ['s_client', '-connect', `127.0.0.1:${port}`]);
    if (code === 0) return;
    if (performance.now() < deadline) continue;
    await stop();
    throw new Error(`nothing is served at ${port}:\n${service.said()}`);
  }
}

/** What OpenSSL's client found at a port of 127.0.0.1. */
export interface Served {
  /** Whether it took the certificate, for the name and at the time. */
  readonly isVerified: boolean;
  readonly certificate: X509Certificate;
  /** SHA-1, 40 lower-case hexadecimal digits, as the API shows it. */
  readonly fingerprint: string;
  readonly said: string;
}

/** `atMs`: the time that is asked of, in milliseconds since 1970, if it is not the machine's. */
export async function handshake(
  port: number,
  hostName: string,
  { rootsFile, atMs }: { readonly rootsFile: string; readonly atMs?: number },
): Promise<Served> {
  const output = await attempt('openssl', [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', hostName, '-verify_hostname', hostName],
    ...['-CAfile', rootsFile, '-no-CApath', '-no-CAstore', '-x509_strict', '-showcerts'],
    ...(atMs === undefined ? [] : ['-attime', String(Math.floor(atMs / 1_000))]),
  ]);
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(output.stdout)?.[0];
  if (pem === undefined) throw new Error(`nothing is served at ${port}:\n${output.stdout}\n${output.stderr}`);
  const certificate = new X509Certificate(pem);
  return {
    isVerified: /^Verify return code: 0 \(ok\)$|^ +Verify return code: 0 \(ok\)$/m.test(output.stdout),
    certificate,
    fingerprint: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
    said: output.stdout,
  };
}
