import type { Actor } from '../../iam/actor.ts';
import { expectRoom } from '../../iam/index.ts';
import { loadCertificate } from '../certificates/load-certificate.ts';
import { enterpriseProjectPattern } from '../enterprise-project.ts';
import { scmError } from '../errors.ts';
import { deploymentLimit } from '../limits.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { coversName, dnsNamesOf } from '../targets/certificate-names.ts';
import { TargetFailure, type TargetResource, type TargetService } from '../targets/target.ts';
import { type Bringing, bringCertificate, recordFailure } from './bring-certificate.ts';
import { type DeployableCertificate, openBundle, requireDeployable } from './certificate-bundle.ts';
import { deploymentsOf } from './deployment-store.ts';
import { scmErrorAbout } from './error-about.ts';
import { findTarget } from './find-target.ts';
import { parseService } from './place.ts';

type Ports = Pick<
  SslCertificatesPorts,
  'database' | 'clock' | 'random' | 'log' | 'identity' | 'keyStore' | 'targets'
>;

export interface SentDeployment {
  readonly service: string;
  /** Empty if it was not sent. */
  readonly project: string;
  readonly resources: readonly TargetResource[];
}

export interface FailedResource {
  /** The id, or the accelerated domain of CDN. */
  readonly resource: string;
  readonly reason: string;
}

/** Reference table 4-70. */
const mostResources = 20;
const longestReason = 255;

/**
 * Puts a certificate to use on resources of a service, and answers those where that failed, with the service's reasons. Throws AccessDenied,
 * SCM.0501 for the service, SCM.0505 for the number of resources, SCM.0005 for what a resource lacks, SCM.0507 for one that is named
 * twice, SCM.0094, SCM.0010, SCM.0401, SCM.0059, SCM.0106 for a domain that the certificate is not for, and for the project as
 * `pushCertificate`.
 */
export async function deployCertificate(
  ports: Ports,
  actor: Actor,
  certificateId: string,
  { service: sentService, project: sentProject, resources }: SentDeployment,
): Promise<readonly FailedResource[]> {
  const service = parseService(sentService);
  if (!service) throw scmError('SCM.0501', 'CDN, WAF, ELB.');
  requireResources(service, resources);
  const loaded = await loadCertificate(ports, actor, 'deployCertificate', certificateId);
  const certificate = requireDeployable('deployCertificate', loaded, ports.clock.nowMs());
  if (service === 'CDN') requireMatching(certificate, resources);
  const { target, project } = findTarget(ports.targets, service, sentProject, 'project_name');
  await requireRoomAtPlaces(ports, actor, certificateId, { service, project, resources });
  const bundle = await openBundle(ports, certificate);
  const failures = await Promise.all(
    resources.map((resource) => {
      const place = { service, project, resourceId: placeNameOf(service, resource) };
      return failureOf(ports, { actor, bundle, target, place, resource });
    }),
  );
  return failures.filter((failure) => failure !== undefined);
}

/** Places are recorded when the target has the certificate, too late to refuse them. Throws SCM.0025. */
async function requireRoomAtPlaces(
  { database }: Pick<Ports, 'database'>,
  { accountId }: Actor,
  certificateId: string,
  wanted: {
    readonly service: TargetService;
    readonly project: string;
    readonly resources: readonly TargetResource[];
  },
): Promise<void> {
  const { service, project, resources } = wanted;
  const known = (await deploymentsOf(database, accountId, certificateId))
    .filter((each) => each.service === service && each.project === project)
    .map((each) => each.resource_id);
  const adding = resources.filter((each) => !known.includes(placeNameOf(service, each))).length;
  await expectRoom(database, accountId, deploymentLimit, { owner: certificateId, adding });
}

function requireResources(service: TargetService, resources: readonly TargetResource[]): void {
  if (resources.length === 0 || resources.length > mostResources)
    throw scmErrorAbout('SCM.0505', `resources has to have 1 to ${mostResources} elements.`);
  for (const [index, resource] of resources.entries()) requireFields(service, resource, `resources.${index}`);
  const names = resources.map((resource) => placeNameOf(service, resource));
  if (new Set(names).size < names.length) throw scmError('SCM.0507', 'resources names a resource twice.');
}

function requireFields(service: TargetService, resource: TargetResource, at: string): void {
  const { id, type, domainName, enterpriseProjectId } = resource;
  if (service === 'CDN') {
    if (domainName === '') throw scmError('SCM.0005', `${at}.domain_name is mandatory for CDN.`);
    return;
  }
  if (id === '') throw scmError('SCM.0005', `${at}.id is mandatory for ${service}.`);
  if (service === 'ELB') return;
  if (type !== 'cloud' && type !== 'premium')
    throw scmError('SCM.0005', `${at}.type has to be cloud or premium for WAF.`);
  if (enterpriseProjectId === '' || !new RegExp(enterpriseProjectPattern).test(enterpriseProjectId))
    throw scmError('SCM.0005', `${at}.enterprise_project_id has to be an enterprise project's id for WAF.`);
}

function requireMatching(certificate: DeployableCertificate, resources: readonly TargetResource[]): void {
  const names = dnsNamesOf(certificate.certificate_der);
  const stranger = resources.find(({ domainName }) => !coversName(names, domainName));
  if (!stranger) return;
  throw scmError('SCM.0106', `${stranger.domainName} is none of ${names.join(', ') || 'no names'}.`);
}

/** CDN knows its resources by their domains. */
function placeNameOf(service: TargetService, { id, domainName }: TargetResource): string {
  return service === 'CDN' ? domainName.toLowerCase() : id;
}

async function failureOf(ports: Ports, bringing: Bringing): Promise<FailedResource | undefined> {
  try {
    await bringCertificate(ports, bringing);
    return undefined;
  } catch (error) {
    if (!(error instanceof TargetFailure)) throw error;
    await recordFailure(ports, bringing, error);
    const { id, domainName } = bringing.resource!;
    const resource = bringing.place.service === 'CDN' ? domainName : id;
    return { resource, reason: error.text.slice(0, longestReason) };
  }
}
