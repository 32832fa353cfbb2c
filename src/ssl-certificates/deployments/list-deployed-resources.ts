import type { Actor } from '../../iam/actor.ts';
import { ServiceError } from '../../platform/errors.ts';
import { allowedStatuses, type CertificateStatus, shownStatus } from '../certificate-status.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { loadCertificate } from '../certificates/load-certificate.ts';
import { scmError } from '../errors.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import type { TargetService } from '../targets/target.ts';
import { isSmCertificate } from './certificate-bundle.ts';
import { type Deployment, deploymentsOf } from './deployment-store.ts';
import { scmErrorAbout } from './error-about.ts';
import { targetServices } from './place.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'clock' | 'log' | 'identity' | 'targets'>;

export interface ResourcesOfCertificate {
  readonly certificateId: string;
  readonly services: readonly ResourcesOfService[];
}

export interface ResourcesOfService {
  readonly service: TargetService;
  readonly regions: readonly ResourcesOfRegion[];
}

export interface ResourcesOfRegion {
  readonly region: string;
  /** The service could not be asked: what OpenCCM recorded is shown instead. */
  readonly isUnreliable: boolean;
  readonly resources: readonly { readonly id: string; readonly name: string }[];
}

const mostCertificates = 50;

/**
 * The resources that use certificates, by service and region. Throws AccessDenied, SCM.0501 for the services, and for the ids SCM.0502 if
 * there is none, SCM.0505 for more than 50, SCM.0507 for one that is there twice, SCM.0506 for unknown ones and SCM.0508 for those of
 * which it cannot be asked.
 */
export async function listDeployedResources(
  ports: Ports,
  actor: Actor,
  sent: { readonly certificateIds: readonly string[]; readonly services: readonly string[] },
): Promise<readonly ResourcesOfCertificate[]> {
  const services = servicesOf(sent.services);
  requireIds(sent.certificateIds);
  const certificates = await loadAll(ports, actor, sent.certificateIds);
  const unsupported = certificates.filter((each) => !isSupported(each, ports.clock.nowMs()));
  if (unsupported.length > 0) throw scmErrorAbout('SCM.0508', idsOf(unsupported));
  return Promise.all(
    certificates.map(async ({ certificate_id: certificateId }) => {
      const rows = await deploymentsOf(ports.database, actor.accountId, certificateId);
      const found = services.map((service) => resourcesOfService(ports, service, rows));
      return { certificateId, services: await Promise.all(found) };
    }),
  );
}

function servicesOf(sent: readonly string[]): readonly TargetService[] {
  const isKnown = (name: string) => name === 'ALL' || targetServices.some((service) => service === name);
  if (sent.length === 0 || !sent.every(isKnown)) throw scmError('SCM.0501', 'WAF, CDN, ELB, ALL.');
  return targetServices.filter((service) => sent.includes(service) || sent.includes('ALL'));
}

function requireIds(ids: readonly string[]): void {
  if (ids.length === 0) throw scmError('SCM.0502', 'certificate_ids has to have 1 to 50 elements.');
  if (ids.length > mostCertificates)
    throw scmErrorAbout('SCM.0505', `certificate_ids has to have 1 to ${mostCertificates} elements.`);
  if (new Set(ids).size < ids.length)
    throw scmError('SCM.0507', 'certificate_ids names a certificate twice.');
}

async function loadAll(ports: Ports, actor: Actor, ids: readonly string[]): Promise<SslCertificate[]> {
  const found: SslCertificate[] = [];
  const unknown: string[] = [];
  for (const id of ids) {
    try {
      found.push(await loadCertificate(ports, actor, 'listDeployedResources', id));
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'SCM.0094') throw error;
      unknown.push(id);
    }
  }
  if (unknown.length > 0) throw scmErrorAbout('SCM.0506', unknown.join(', '));
  return found;
}

function isSupported(certificate: SslCertificate, nowMs: number): boolean {
  const allowed: readonly CertificateStatus[] = allowedStatuses.listDeployedResources;
  return allowed.includes(shownStatus(certificate, nowMs)) && !isSmCertificate(certificate);
}

function idsOf(certificates: readonly SslCertificate[]): string {
  return certificates.map((each) => each.certificate_id).join(', ');
}

async function resourcesOfService(
  ports: Ports,
  service: TargetService,
  rows: readonly Deployment[],
): Promise<ResourcesOfService> {
  const own = rows.filter((row) => row.service === service);
  const projects = [...new Set(own.map((row) => row.project))];
  const regions = await Promise.all(
    projects.map((project) =>
      resourcesOfRegion(
        ports,
        { service, project },
        own.filter((row) => row.project === project),
      ),
    ),
  );
  // A region that the certificate was pushed to only has no resource of it to show.
  return { service, regions: regions.filter((each) => each.resources.length > 0 || each.isUnreliable) };
}

async function resourcesOfRegion(
  { targets, log }: Ports,
  { service, project }: { readonly service: TargetService; readonly project: string },
  rows: readonly Deployment[],
): Promise<ResourcesOfRegion> {
  const recorded = rows
    .filter((row) => row.resource_id !== '')
    .map((row) => ({ id: row.resource_id, name: row.resource_name }));
  const target = targets.find(service, project);
  if (typeof target === 'string') return { region: project, isUnreliable: true, resources: recorded };
  try {
    const ids = [...new Set(rows.map((row) => row.target_certificate_id))];
    const asked = await Promise.all(ids.map((id) => target.resourcesUsing(id)));
    const resources = asked.every((each) => each !== undefined) ? distinct(asked.flat()) : recorded;
    return { region: project, isUnreliable: false, resources };
  } catch (error) {
    log.warn({ error, service, project }, 'a target could not be asked for its resources');
    return { region: project, isUnreliable: true, resources: recorded };
  }
}

function distinct<Resource extends { readonly id: string }>(
  resources: readonly Resource[],
): readonly Resource[] {
  return [...new Map(resources.map((resource) => [resource.id, resource])).values()];
}
