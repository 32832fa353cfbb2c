import { parseSinglePem } from '../../pki/index.ts';
import { coversName, dnsNamesOf } from './certificate-names.ts';
import { type CertificateBundle, type Target, TargetFailure } from './target.ts';
import { listOf, memberOf, textOf, type VendorService } from './vendor-service.ts';

const domainPage = 100;
const certificatePage = 1_000;
const allProjects = 'all';
/** Settings of a domain that go with its certificate and would be lost by a change that does not repeat them. */
const keptSettings = ['http2_status', 'tls_version', 'ocsp_stapling_status'] as const;

/**
 * The vendor's content delivery network. It keeps certificates with its domains only, so what is pushed goes to all domains that the
 * certificate is for. Its newer address for changes (v1.1) is used: the older one (`config-https-info`) resets how the origin is
 * reached.
 */
export function createCdnTarget(service: VendorService): Target {
  const configurationOf = (domain: string) =>
    `/v1.1/cdn/configuration/domains/${encodeURIComponent(domain)}/configs`;

  async function deployTo(domain: string, bundle: CertificateBundle, project: string): Promise<void> {
    const path = configurationOf(domain);
    const query = { enterprise_project_id: project };
    const before = memberOf(memberOf(await service.request('GET', path, query), 'configs'), 'https');
    const write = (https: object) => service.request('PUT', path, query, { configs: { https } });
    const kept = Object.fromEntries(
      keptSettings.flatMap((name) => {
        const value = textOf(before, name);
        return value === '' ? [] : [[name, value]];
      }),
    );
    await service.change(domain, bundle, {
      change: () =>
        write({
          ...kept,
          https_status: 'on',
          certificate_type: 'server',
          certificate_source: 0,
          certificate_name: bundle.certificateId,
          certificate_value: bundle.certificatePem + bundle.chainPem,
          private_key: bundle.privateKeyPem,
        }),
      undo: async () => {
        if (textOf(before, 'https_status') !== 'on') {
          await write({ https_status: 'off' });
          return 'HTTPS is off again.';
        }
        const vendorId = textOf(before, 'scm_certificate_id');
        if (vendorId === '')
          return 'The former certificate could not be put back: the service does not tell its private key.';
        await write({
          ...kept,
          https_status: 'on',
          certificate_source: 2,
          scm_certificate_id: vendorId,
          certificate_name: textOf(before, 'certificate_name'),
        });
        return 'The former certificate is in use again.';
      },
    });
  }

  async function domainsOf(bundle: CertificateBundle): Promise<string[]> {
    const names = dnsNamesOf(parseSinglePem(bundle.certificatePem, 'CERTIFICATE'));
    const domains: string[] = [];
    for (let page = 1; ; page += 1) {
      const query = { page_size: domainPage, page_number: page, enterprise_project_id: allProjects };
      const found = listOf(await service.request('GET', '/v1.0/cdn/domains', query), 'domains');
      domains.push(...found.map((each) => textOf(each, 'domain_name')));
      if (found.length < domainPage) return domains.filter((domain) => coversName(names, domain));
    }
  }

  return {
    async push(bundle) {
      const domains = await domainsOf(bundle);
      if (domains.length === 0)
        throw new TargetFailure('no-such-resource', 'CDN has no domain that the certificate is for.');
      for (const domain of domains) await deployTo(domain, bundle, allProjects);
      return bundle.certificateId;
    },
    async deploy(bundle, { domainName, enterpriseProjectId }) {
      await deployTo(domainName, bundle, enterpriseProjectId || allProjects);
      return { targetCertificateId: bundle.certificateId, resourceName: domainName };
    },
    async resourcesUsing(targetCertificateId) {
      const query = { page_size: certificatePage, page_number: 1, enterprise_project_id: allProjects };
      const found = await service.request('GET', '/v1.0/cdn/domains/https-certificate-info', query);
      return listOf(found, 'https')
        .filter((each) => textOf(each, 'cert_name') === targetCertificateId)
        .map((each) => ({ id: textOf(each, 'domain_name'), name: textOf(each, 'domain_name') }));
    },
  };
}
