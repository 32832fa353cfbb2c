import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SslConfiguration } from '../../src/ssl-certificates/index.ts';
import { type AcmeServer, startAcmeServer } from './acme-server.ts';
import type { ApiClient } from './api-client.ts';
import { type DnsServer, startDnsServer } from './dns-server.ts';
import { freePort } from './free-port.ts';
import { type HttpsServer, startHttpsServer } from './https-server.ts';
import { type MailServer, startMailServer } from './mail-server.ts';
import { waitFor } from './wait-for.ts';

export const hostName = 'www.example.test';
export const project = 'cn-north-4';
const certificates = '/v3/scm/certificates';
export const operatorAddress = 'operator@example.test';

/** What was brought to the target. */
export interface Brought {
  readonly action: string;
  readonly certificate: { readonly id: string; readonly certificate: string; readonly private_key: string };
}

/** Whatever SSL certificates need outside the program; each part may be down. */
export interface SslWorld {
  /** An empty folder for data, and others beside it. */
  readonly folder: string;
  readonly dataDir: string;
  /** For the program: OPENCCM_SSL_CONFIG and what else it needs for tests. */
  readonly env: Readonly<Record<string, string>>;
  /** TXT records by their names. */
  readonly records: Map<string, string>;
  readonly dns: DnsServer & { isDown: boolean };
  readonly acme: AcmeServer;
  /** Where mails go; one of two is up at a time. */
  readonly mail: { readonly received: readonly MailServer['received'][number][] } & Interruptible;
  readonly target: HttpsServer & {
    readonly brought: readonly Brought[];
    isSilent: boolean;
    isIndiscreet: boolean;
  };
  close(): Promise<void>;
}

interface Interruptible {
  interrupt(): Promise<void>;
  resume(): Promise<void>;
}

export const webhookSecret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

/**
 * Certificates of TRUSTASIA come from the ACME server, all others from the built-in issuer. `adjust` may change the configuration
 * before it is written.
 */
export async function startSslWorld(
  adjust: (configuration: SslConfiguration) => SslConfiguration = (configuration) => configuration,
): Promise<SslWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-ssl-world-'));
  const records = new Map<string, string>();
  const server = await startDnsServer(({ name }) => {
    if (dns.isDown) return 'silence';
    const data = records.get(name);
    return data === undefined ? [] : [{ type: 'TXT', name, data }];
  });
  const dns = Object.assign(server, { isDown: false });
  const acme = await startAcmeServer();
  const mail = await startInterruptibleMail();
  const target = await startTarget();
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  const configuration: SslConfiguration = {
    applications: { first_check_seconds: 1, longest_check_seconds: 2, organization_review: 'automatic' },
    validation: { resolvers: [dns.address] },
    mail: { host: '127.0.0.1', port: mail.port, tls: 'none', from: 'OpenCCM <pki@example.test>' },
    notifications: { applicants: false, emails: [{ address: operatorAddress }] },
    issuers: {
      definitions: {
        acme: {
          ...{ kind: 'acme', directory_url: acme.directoryUrl, terms_of_service_agreed: true },
          ca_file: join(folder, 'acme.pem'),
        },
      },
      rules: [{ brand: 'TRUSTASIA', issuer: 'acme' }],
    },
    targets: [
      {
        ...{ service: 'ELB', project, connector: 'webhook', url: `${target.url}/deploy` },
        secret: webhookSecret,
        ca_file: join(folder, 'target.pem'),
      },
    ],
  };
  await writeFile(join(folder, 'target.pem'), target.certificatePem);
  await writeFile(join(folder, 'acme.pem'), acme.certificatePem);
  const file = join(folder, 'ssl.json');
  await writeFile(file, JSON.stringify(adjust(configuration)));
  const env = { OPENCCM_SSL_CONFIG: file, OPENCCM_DEV_CLOCK: '1', OPENCCM_RSA_POOL_SIZE: '0' };
  return {
    ...{ folder, dataDir, env, records, dns, acme, mail, target },
    async close() {
      await Promise.all([dns.close(), acme.close(), mail.interrupt(), target.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startInterruptibleMail() {
  const port = await freePort();
  const earlier: MailServer['received'][number][] = [];
  let server: MailServer | undefined = await startMailServer(port);
  return {
    port,
    get received() {
      return [...earlier, ...(server?.received ?? [])];
    },
    async interrupt() {
      if (!server) return;
      earlier.push(...server.received);
      const closing = server;
      server = undefined;
      await closing.close();
    },
    async resume() {
      server ??= await startMailServer(port);
    },
  };
}

async function startTarget(): Promise<SslWorld['target']> {
  const brought: Brought[] = [];
  const server = await startHttpsServer(({ body }) => {
    const sent = JSON.parse(body) as Brought;
    brought.push(sent);
    if (target.isSilent) return 'never';
    // Some programs quote what they were sent.
    if (target.isIndiscreet)
      return { status: 400, body: { error_msg: `not a key: ${sent.certificate.private_key}` } };
    return { status: 200, body: { resource_name: 'listener' } };
  });
  const target = Object.assign(server, { brought, isSilent: false, isIndiscreet: false });
  return target;
}

/** As `POST /apply` wants it, by DNS unless the rest says otherwise. */
export const application = {
  domain: hostName,
  company_name: 'Example Ltd',
  company_province: 'Beijing',
  company_city: 'Beijing',
  country: 'CN',
  applicant_name: 'Ann',
  applicant_phone: '+861012345678',
  applicant_email: 'ann@example.test',
  agree_privacy_protection: true,
  domain_method: 'DNS',
  key_algorithm: 'EC_P256',
};

/** Ids of so many certificates that are paid for, one year each unless the product says otherwise. */
export async function buy(api: ApiClient, count: number, product: object = {}): Promise<string[]> {
  const { cert } = await api.call<{ cert: { cert_id: string }[] }>('POST', `${certificates}/buy`, {
    cert_brand: 'GEOTRUST',
    cert_type: 'DV_SSL_CERT',
    domain_type: 'SINGLE_DOMAIN',
    effective_time: 1,
    domain_numbers: 1,
    order_number: count,
    agree_privacy_protection: true,
    is_auto_pay: true,
    ...product,
  });
  return cert.map(({ cert_id }) => cert_id);
}

export function apply(api: ApiClient, certificateId: string, body: object = {}): Promise<unknown> {
  return api.call('POST', `${certificates}/${certificateId}/apply`, { ...application, ...body });
}

interface Shown {
  readonly status: string;
  readonly fingerprint: string | null;
  readonly authentification: readonly { record_name: string; record_value: string }[];
}

export const show = (api: ApiClient, certificateId: string) =>
  api.call<Shown>('GET', `${certificates}/${certificateId}`);

/** Waits until the certificate is in the state. */
export function reach(api: ApiClient, certificateId: string, status: string): Promise<Shown> {
  return waitFor(`${certificateId} ${status}`, async () => {
    const shown = await show(api, certificateId);
    return shown.status === status && shown;
  });
}

/** The applicant writes what is asked for into his zone. */
export async function publishRecords({ records }: SslWorld, api: ApiClient, certificateId: string) {
  const { authentification } = await reach(api, certificateId, 'CHECKING_DOMAIN');
  for (const { record_name, record_value } of authentification) records.set(record_name, record_value);
}

/** Moves the program's clock; resolves once what became due is done. */
export async function advanceClock(httpUrl: string, seconds: number): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ advance_seconds: seconds });
  const answer = await fetch(`${httpUrl}/dev/clock`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`the clock was not moved: ${await answer.text()}`);
}
