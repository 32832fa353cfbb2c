import type { CertificateBundle, Target, TargetResource } from './target.ts';
import { listOf, requireId, textOf, type VendorService } from './vendor-service.ts';

const pageSize = 100;
/** WAF's word for all enterprise projects that the access key may see, in queries. */
const allProjects = 'all_granted_eps';

/** The vendor's web application firewall (WAF API v1). A resource is a protected domain: of the cloud mode, or of a dedicated engine. */
export class WafTarget implements Target {
  readonly #service: VendorService;
  readonly #root: string;
  readonly #certificates: string;

  constructor(service: VendorService) {
    this.#service = service;
    this.#root = `/v1/${service.projectId}`;
    this.#certificates = `${this.#root}/waf/certificate`;
  }

  push(bundle: CertificateBundle): Promise<string> {
    return this.#ensureCertificate(bundle, undefined);
  }

  async deploy(bundle: CertificateBundle, resource: TargetResource) {
    const { id, type } = resource;
    const project = resource.enterpriseProjectId || undefined;
    const hosts = type === 'premium' ? `${this.#root}/premium-waf/host` : `${this.#root}/waf/instance`;
    const query = { enterprise_project_id: project };
    const host = await this.#service.request('GET', `${hosts}/${encodeURIComponent(id)}`, query);
    const targetCertificateId = await this.#ensureCertificate(bundle, project);
    await this.#service.change(id, bundle, {
      change: () => this.#apply(targetCertificateId, resource),
      undo: async () => {
        const former = textOf(host, 'certificateid');
        if (former === '') return 'There was no certificate before, and the service takes none away.';
        await this.#apply(former, resource);
        return 'The former certificate is in use again.';
      },
    });
    return { targetCertificateId, resourceName: textOf(host, 'hostname') || id };
  }

  async resourcesUsing(targetCertificateId: string) {
    const path = `${this.#certificates}/${encodeURIComponent(targetCertificateId)}`;
    const certificate = await this.#service.request('GET', path, { enterprise_project_id: allProjects });
    return listOf(certificate, 'bind_host').map((host) => ({
      id: textOf(host, 'id'),
      name: textOf(host, 'hostname'),
    }));
  }

  /** WAF knows certificates of others by name only, so the name has the id. */
  async #ensureCertificate(bundle: CertificateBundle, project: string | undefined): Promise<string> {
    const query = { enterprise_project_id: project };
    const name = `${bundle.certificateId}_${bundle.fingerprintSha256.slice(0, 16)}`;
    const search = { ...query, name, page: 1, pagesize: pageSize };
    const found = listOf(await this.#service.request('GET', this.#certificates, search), 'items');
    const existing = found.find((item) => textOf(item, 'name') === name);
    if (existing !== undefined) return requireId(existing);
    const body = { name, content: bundle.certificatePem + bundle.chainPem, key: bundle.privateKeyPem };
    return requireId(await this.#service.request('POST', this.#certificates, query, body));
  }

  async #apply(certificateId: string, { id, type, enterpriseProjectId }: TargetResource): Promise<void> {
    const path = `${this.#certificates}/${encodeURIComponent(certificateId)}/apply-to-hosts`;
    const query = { enterprise_project_id: enterpriseProjectId || undefined };
    const isPremium = type === 'premium';
    const body = { cloud_host_ids: isPremium ? [] : [id], premium_host_ids: isPremium ? [id] : [] };
    await this.#service.request('POST', path, query, body);
  }
}
