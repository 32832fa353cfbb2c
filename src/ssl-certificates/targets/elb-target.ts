import type { CertificateBundle, Target, TargetResource } from './target.ts';
import { listOf, memberOf, requireId, textOf, type VendorService } from './vendor-service.ts';

const pageSize = 2_000;

/**
 * The vendor's load balancers (ELB API v3). A resource is a certificate of ELB, whose content is replaced for all listeners that use
 * it; with type `listener` it is a listener, which gets the certificate as its default.
 */
export function createElbTarget(service: VendorService): Target {
  const certificates = `/v3/${service.projectId}/elb/certificates`;
  const listeners = `/v3/${service.projectId}/elb/listeners`;

  async function push(bundle: CertificateBundle): Promise<string> {
    const found = await service.request('GET', certificates, { scm_certificate_id: bundle.certificateId });
    const [existing] = listOf(found, 'certificates');
    if (existing !== undefined) {
      const id = requireId(existing);
      await service.request('PUT', `${certificates}/${encodeURIComponent(id)}`, {}, contentOf(bundle));
      return id;
    }
    const { certificate } = contentOf(bundle);
    const made = await service.request(
      'POST',
      certificates,
      {},
      { certificate: { ...certificate, type: 'server' } },
    );
    return requireId(memberOf(made, 'certificate'));
  }

  async function deployToListener(bundle: CertificateBundle, { id }: TargetResource) {
    const path = `${listeners}/${encodeURIComponent(id)}`;
    const before = memberOf(await service.request('GET', path), 'listener');
    const targetCertificateId = await push(bundle);
    const setDefault = (reference: string) =>
      service.request('PUT', path, {}, { listener: { default_tls_container_ref: reference } });
    await service.change(id, bundle, {
      change: () => setDefault(targetCertificateId),
      undo: async () => {
        await setDefault(textOf(before, 'default_tls_container_ref'));
        return 'The listener has its former certificate again.';
      },
    });
    return { targetCertificateId, resourceName: textOf(before, 'name') || id };
  }

  async function deployToCertificate(bundle: CertificateBundle, { id }: TargetResource) {
    const path = `${certificates}/${encodeURIComponent(id)}`;
    const before = memberOf(await service.request('GET', path), 'certificate');
    await service.change(id, bundle, {
      change: () => service.request('PUT', path, {}, contentOf(bundle)),
      undo: async () => {
        const key = textOf(before, 'private_key');
        // The service may keep keys to itself; what it does not tell cannot be brought back.
        if (!key.includes('PRIVATE KEY'))
          return 'The former certificate could not be put back: the service does not tell its private key.';
        const certificate = { certificate: textOf(before, 'certificate'), private_key: key };
        await service.request('PUT', path, {}, { certificate });
        return 'The former certificate is in use again.';
      },
    });
    return { targetCertificateId: id, resourceName: textOf(before, 'name') || id };
  }

  return {
    push,
    deploy: (bundle, resource) =>
      resource.type === 'listener'
        ? deployToListener(bundle, resource)
        : deployToCertificate(bundle, resource),
    async resourcesUsing(targetCertificateId) {
      const asDefault = { default_tls_container_ref: targetCertificateId, limit: pageSize };
      const found = listOf(await service.request('GET', listeners, asDefault), 'listeners');
      return found.map((each) => ({ id: textOf(each, 'id'), name: textOf(each, 'name') }));
    },
  };
}

function contentOf({
  certificateId,
  name,
  domain,
  certificatePem,
  chainPem,
  privateKeyPem,
}: CertificateBundle) {
  return {
    certificate: {
      name,
      domain,
      certificate: certificatePem + chainPem,
      private_key: privateKeyPem,
      scm_certificate_id: certificateId,
      source: 'scm',
    },
  };
}
