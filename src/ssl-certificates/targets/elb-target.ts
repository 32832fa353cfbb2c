import type { CertificateBundle, Target, TargetResource } from './target.ts';
import { listOf, memberOf, requireId, textOf, type VendorService } from './vendor-service.ts';

const pageSize = 2_000;

/**
 * The vendor's load balancers (ELB API v3). A resource is a certificate of ELB, whose content is replaced for all listeners that use
 * it; with type `listener` it is a listener, which gets the certificate as its default.
 */
export class ElbTarget implements Target {
  readonly #service: VendorService;
  readonly #certificates: string;
  readonly #listeners: string;

  constructor(service: VendorService) {
    this.#service = service;
    this.#certificates = `/v3/${service.projectId}/elb/certificates`;
    this.#listeners = `/v3/${service.projectId}/elb/listeners`;
  }

  async push(bundle: CertificateBundle): Promise<string> {
    const query = { scm_certificate_id: bundle.certificateId };
    const [existing] = listOf(await this.#service.request('GET', this.#certificates, query), 'certificates');
    const certificate = contentOf(bundle);
    if (existing === undefined) {
      const body = { certificate: { ...certificate, type: 'server' } };
      const made = await this.#service.request('POST', this.#certificates, {}, body);
      return requireId(memberOf(made, 'certificate'));
    }
    const id = requireId(existing);
    await this.#write(id, certificate);
    return id;
  }

  deploy(bundle: CertificateBundle, resource: TargetResource) {
    return resource.type === 'listener'
      ? this.#deployToListener(bundle, resource.id)
      : this.#deployToCertificate(bundle, resource.id);
  }

  async resourcesUsing(targetCertificateId: string) {
    const query = { default_tls_container_ref: targetCertificateId, limit: pageSize };
    const found = listOf(await this.#service.request('GET', this.#listeners, query), 'listeners');
    return found.map((each) => ({ id: textOf(each, 'id'), name: textOf(each, 'name') }));
  }

  async #deployToListener(bundle: CertificateBundle, id: string) {
    const path = `${this.#listeners}/${encodeURIComponent(id)}`;
    const before = memberOf(await this.#service.request('GET', path), 'listener');
    const targetCertificateId = await this.push(bundle);
    const setDefault = (reference: string) =>
      this.#service.request('PUT', path, {}, { listener: { default_tls_container_ref: reference } });
    await this.#service.change(id, bundle, {
      change: () => setDefault(targetCertificateId),
      undo: async () => {
        await setDefault(textOf(before, 'default_tls_container_ref'));
        return 'The listener has its former certificate again.';
      },
    });
    return { targetCertificateId, resourceName: textOf(before, 'name') || id };
  }

  async #deployToCertificate(bundle: CertificateBundle, id: string) {
    const path = `${this.#certificates}/${encodeURIComponent(id)}`;
    const before = memberOf(await this.#service.request('GET', path), 'certificate');
    await this.#service.change(id, bundle, {
      change: () => this.#write(id, contentOf(bundle)),
      undo: async () => {
        const key = textOf(before, 'private_key');
        // The service may keep keys to itself; what it does not tell cannot be brought back.
        if (!key.includes('PRIVATE KEY'))
          return 'The former certificate could not be put back: the service does not tell its private key.';
        await this.#write(id, { certificate: textOf(before, 'certificate'), private_key: key });
        return 'The former certificate is in use again.';
      },
    });
    return { targetCertificateId: id, resourceName: textOf(before, 'name') || id };
  }

  async #write(id: string, certificate: object): Promise<void> {
    await this.#service.request(
      'PUT',
      `${this.#certificates}/${encodeURIComponent(id)}`,
      {},
      { certificate },
    );
  }
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
    name,
    domain,
    certificate: certificatePem + chainPem,
    private_key: privateKeyPem,
    scm_certificate_id: certificateId,
    source: 'scm',
  };
}
