import { foreignText } from '../foreign-text.ts';

export type TargetService = 'CDN' | 'WAF' | 'ELB';

/** What is brought to a target. PEM texts end with a line break. */
export interface CertificateBundle {
  readonly certificateId: string;
  readonly accountId: string;
  readonly name: string;
  readonly domain: string;
  readonly certificatePem: string;
  readonly chainPem: string;
  /** PKCS #8. */
  readonly privateKeyPem: string;
  /** SHA-256 of the certificate, lower-case hexadecimal: what a probe looks for. */
  readonly fingerprintSha256: string;
}

/** As in a request; what each service needs of it is in the reference (4.1.4.3). */
export interface TargetResource {
  readonly id: string;
  readonly type: string;
  readonly domainName: string;
  readonly enterpriseProjectId: string;
}

/** More than is shown of it anywhere. */
const longestText = 1_000;

/** What a target says when it does not do what was asked. `text` is for the user: `failure_info`, `message`. */
export class TargetFailure extends Error {
  readonly kind: 'refused' | 'forbidden' | 'quota' | 'unavailable' | 'no-such-resource';
  readonly text: string;

  constructor(kind: TargetFailure['kind'], text: string, options?: ErrorOptions) {
    const said = foreignText(text, longestText);
    super(said, options);
    this.name = 'TargetFailure';
    this.kind = kind;
    this.text = said;
  }
}

/** Where the operator's service is, and what its network says, is in the cause: for the log, not for tenants. */
export function unreachable(cause: unknown): TargetFailure {
  const text = 'The service could not be reached; the log of OpenCCM says why.';
  return new TargetFailure('unavailable', text, { cause });
}

/** A service in a project or region, as the configuration connects it. Both verbs throw TargetFailure. */
export interface Target {
  /** Makes the certificate known to the service; answers the service's id of it. The same certificate again changes nothing. */
  push(bundle: CertificateBundle): Promise<string>;
  /**
   * Puts the certificate to use on a resource, in place of the one there, and looks whether it is served; if it is not, what was
   * there before is put back before it throws. Answers the service's id of the certificate and the name of the resource.
   */
  deploy(
    bundle: CertificateBundle,
    resource: TargetResource,
  ): Promise<{ readonly targetCertificateId: string; readonly resourceName: string }>;
  /**
   * Resources that use the certificate now, as the service says; undefined where the service cannot be asked and what OpenCCM
   * recorded stands.
   */
  resourcesUsing(
    targetCertificateId: string,
  ): Promise<readonly { readonly id: string; readonly name: string }[] | undefined>;
}

/** The targets of the configuration. */
export interface Targets {
  /** `unknown-project`: nothing is configured there for any service; `no-service`: others are, this one is not. */
  find(service: TargetService, project: string): Target | 'unknown-project' | 'no-service';
  /** Projects in which the service is configured. */
  projectsOf(service: TargetService): readonly string[];
}
