import { parseSinglePem } from '../../pki/index.ts';
import { coversName, dnsNamesOf } from './certificate-names.ts';
import { type CertificateBundle, type Target, TargetFailure, type TargetResource } from './target.ts';
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
export class CdnTarget implements Target {
  readonly #service: VendorService;

  constructor(service: VendorService) {
    this.#service = service;
  }

  async push(bundle: CertificateBundle): Promise<string> {
    const domains = await this.#domainsOf(bundle);
    if (domains.length === 0)
      throw new TargetFailure('no-such-resource', 'CDN has no domain that the certificate is for.');
    for (const domain of domains) await this.#deployTo(domain, bundle, allProjects);
    return bundle.certificateId;
  }

  async deploy(bundle: CertificateBundle, { domainName, enterpriseProjectId }: TargetResource) {
    await this.#deployTo(domainName, bundle, enterpriseProjectId || allProjects);
    return { targetCertificateId: bundle.certificateId, resourceName: domainName };
  }

  async resourcesUsing(targetCertificateId: string) {
    const using: { id: string; name: string }[] = [];
    for (let page = 1; ; page += 1) {
      const query = { page_size: certificatePage, page_number: page, enterprise_project_id: allProjects };
      const path = '/v1.0/cdn/domains/https-certificate-info';
      const found = listOf(await this.#service.request('GET', path, query), 'https');
      const own = found.filter((each) => textOf(each, 'cert_name') === targetCertificateId);
      using.push(...own.map((each) => textOf(each, 'domain_name')).map((name) => ({ id: name, name })));
      if (found.length < certificatePage) return using;
    }
  }

  async #deployTo(domain: string, bundle: CertificateBundle, project: string): Promise<void> {
    const path = `/v1.1/cdn/configuration/domains/${encodeURIComponent(domain)}/configs`;
    const query = { enterprise_project_id: project };
    const before = memberOf(memberOf(await this.#service.request('GET', path, query), 'configs'), 'https');
    const write = (https: object) => this.#service.request('PUT', path, query, { configs: { https } });
    await this.#service.change(domain, bundle, {
      change: () => write({ ...keptOf(before), ...settingsOf(bundle) }),
      undo: async () => {
        const former = formerSettings(before);
        if (former === undefined)
          return 'The former certificate could not be put back: the service does not tell its private key.';
        await write(former);
        return former.https_status === 'off'
          ? 'HTTPS is off again.'
          : 'The former certificate is in use again.';
      },
    });
  }

  async #domainsOf(bundle: CertificateBundle): Promise<string[]> {
    const names = dnsNamesOf(parseSinglePem(bundle.certificatePem, 'CERTIFICATE'));
    const domains: string[] = [];
    for (let page = 1; ; page += 1) {
      const query = { page_size: domainPage, page_number: page, enterprise_project_id: allProjects };
      const found = listOf(await this.#service.request('GET', '/v1.0/cdn/domains', query), 'domains');
      domains.push(...found.map((each) => textOf(each, 'domain_name')));
      if (found.length < domainPage) return domains.filter((domain) => coversName(names, domain));
    }
  }
}

function settingsOf(bundle: CertificateBundle) {
  return {
    https_status: 'on',
    certificate_type: 'server',
    certificate_source: 0,
    certificate_name: bundle.certificateId,
    certificate_value: bundle.certificatePem + bundle.chainPem,
    private_key: bundle.privateKeyPem,
  };
}

function keptOf(https: unknown): object {
  const kept = keptSettings.map((name) => [name, textOf(https, name)] as const);
  return Object.fromEntries(kept.filter(([, value]) => value !== ''));
}

/** Undefined for a certificate that only its owner has: the service tells no private keys. */
function formerSettings(before: unknown): { readonly https_status: 'on' | 'off' } | undefined {
  if (textOf(before, 'https_status') !== 'on') return { https_status: 'off' };
  const vendorId = textOf(before, 'scm_certificate_id');
  if (vendorId === '') return undefined;
  const former = {
    ...keptOf(before),
    https_status: 'on',
    certificate_source: 2,
    scm_certificate_id: vendorId,
    certificate_name: textOf(before, 'certificate_name'),
  } as const;
  return former;
}
