import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './programs.ts';
import { hostName, project, type SslInstallation, zone } from './ssl-installation.ts';

const application = {
  domain: hostName,
  applicant_name: 'Ann',
  applicant_phone: '+861012345678',
  applicant_email: `ann@${zone}`,
  agree_privacy_protection: true,
  domain_method: 'DNS',
  key_algorithm: 'EC_P256',
};

/** Buys one certificate, for two years unless the product says otherwise; resolves with its id. */
export async function buy({ sdk }: SslInstallation, product: object = {}): Promise<string> {
  const body = {
    cert_brand: 'GEOTRUST',
    cert_type: 'DV_SSL_CERT',
    domain_type: 'SINGLE_DOMAIN',
    effective_time: 2,
    domain_numbers: 1,
    order_number: 1,
    agree_privacy_protection: true,
    is_auto_pay: true,
    ...product,
  };
  const bought = await sdk.call<{ cert: { cert_id: string }[] }>('subscribe_certificate', { body });
  return bought.cert[0]?.cert_id ?? assert.fail('nothing was bought');
}

/** Applies for `hostName` by DNS, unless the body says otherwise. */
export function apply({ sdk }: SslInstallation, certificateId: string, body: object = {}): Promise<unknown> {
  const fields = { certificate_id: certificateId };
  return sdk.call('apply_certificate', { fields, body: { ...application, ...body } });
}

interface Failure {
  readonly resource: string;
  readonly failure_info: string;
}

/** Deploys to nginx and to HAProxy; resolves with what failed. */
export async function deploy({ sdk }: SslInstallation, certificateId: string): Promise<Failure[]> {
  const places = [
    { service_name: 'ELB', project_name: project, resources: [{ id: 'listener', type: 'listener' }] },
    { service_name: 'CDN', resources: [{ domain_name: hostName }] },
  ];
  const failures: Failure[] = [];
  for (const body of places) {
    const fields = { certificate_id: certificateId };
    const answer = await sdk.call<{ failure_list: Failure[] }>('deploy_certificate', { fields, body });
    failures.push(...answer.failure_list);
  }
  return failures;
}

/** Resources that use the certificate, as `ELB listener`. */
export async function deployedTo({ sdk }: SslInstallation, certificateId: string): Promise<string[]> {
  const body = { certificate_ids: [certificateId], service_names: ['ALL'] };
  const { results } = await sdk.call<{
    results: {
      deployed_resources: {
        service: string;
        region_resources: { resources: { resource_id: string }[] }[];
      }[];
    }[];
  }>('list_deployed_resources', { body });
  const services = results.flatMap(({ deployed_resources }) => deployed_resources);
  return services.flatMap(({ service, region_resources }) =>
    region_resources.flatMap(({ resources }) => resources.map((each) => `${service} ${each.resource_id}`)),
  );
}

/** The certificate that follows this one, issued. */
export async function successorOf(installation: SslInstallation, certificateId: string) {
  const { certificates } = await installation.sdk.call<{ certificates: { id: string; domain: string }[] }>(
    'list_certificates',
    { fields: { content: hostName, limit: 50, offset: 0 } },
  );
  const followers = certificates.filter(({ id }) => id > certificateId);
  assert.equal(followers.length, 1, JSON.stringify(certificates));
  return installation.reach(followers[0]!.id, 'ISSUED');
}

/** A file of the roots of the built-in issuer. */
export async function builtInRoots({ server, folder }: SslInstallation): Promise<string> {
  const file = join(folder, 'roots.pem');
  const url = `${server.httpsUrl}/scm/roots.pem`;
  await writeFile(file, await run('curl', ['-sS', '-f', '--noproxy', '*', '--cacert', server.caFile, url]));
  return file;
}
