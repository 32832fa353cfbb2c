import type { CertificateBundle, Target, TargetResource } from './target.ts';
import { listOf, requireId, textOf, type VendorService } from './vendor-service.ts';

const pageSize = 100;
/** WAF's word for all enterprise projects that the access key may see, in queries. */
const allProjects = 'all_granted_eps';

/** The vendor's web application firewall (WAF API v1). A resource is a protected domain: of the cloud mode, or of a dedicated engine. */
export function createWafTarget(service: VendorService): Target {
  const root = `/v1/${service.projectId}`;
  const certificates = `${root}/waf/certificate`;

  /** WAF knows certificates of others by name only, so the name has the id. */
  async function ensureCertificate(bundle: CertificateBundle, project: string | undefined): Promise<string> {
    const query = { enterprise_project_id: project };
    const name = `${bundle.certificateId}_${bundle.fingerprintSha256.slice(0, 16)}`;
    const found = await service.request('GET', certificates, { ...query, name, page: 1, pagesize: pageSize });
    const existing = listOf(found, 'items').find((item) => textOf(item, 'name') === name);
    if (existing !== undefined) return requireId(existing);
    const content = bundle.certificatePem + bundle.chainPem;
    return requireId(
      await service.request('POST', certificates, query, { name, content, key: bundle.privateKeyPem }),
    );
  }

  async function apply(certificateId: string, { id, type, enterpriseProjectId }: TargetResource) {
    const path = `${certificates}/${encodeURIComponent(certificateId)}/apply-to-hosts`;
    const isPremium = type === 'premium';
    await service.request(
      'POST',
      path,
      { enterprise_project_id: enterpriseProjectId || undefined },
      { cloud_host_ids: isPremium ? [] : [id], premium_host_ids: isPremium ? [id] : [] },
    );
  }

  return {
    push: (bundle) => ensureCertificate(bundle, undefined),
    async deploy(bundle, resource) {
      const { id, type, enterpriseProjectId } = resource;
      const project = enterpriseProjectId || undefined;
      const hosts = type === 'premium' ? `${root}/premium-waf/host` : `${root}/waf/instance`;
      const host = await service.request('GET', `${hosts}/${encodeURIComponent(id)}`, {
        enterprise_project_id: project,
      });
      const targetCertificateId = await ensureCertificate(bundle, project);
      await service.change(id, bundle, {
        change: () => apply(targetCertificateId, resource),
        undo: async () => {
          const former = textOf(host, 'certificateid');
          if (former === '') return 'There was no certificate before, and the service takes none away.';
          await apply(former, resource);
          return 'The former certificate is in use again.';
        },
      });
      return { targetCertificateId, resourceName: textOf(host, 'hostname') || id };
    },
    async resourcesUsing(targetCertificateId) {
      const path = `${certificates}/${encodeURIComponent(targetCertificateId)}`;
      const certificate = await service.request('GET', path, { enterprise_project_id: allProjects });
      return listOf(certificate, 'bind_host').map((host) => ({
        id: textOf(host, 'id'),
        name: textOf(host, 'hostname'),
      }));
    },
  };
}
