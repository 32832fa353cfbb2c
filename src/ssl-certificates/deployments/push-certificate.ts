import type { Actor } from '../../iam/actor.ts';
import { ServiceError } from '../../platform/errors.ts';
import { loadCertificate } from '../certificates/load-certificate.ts';
import { scmError } from '../errors.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { type CertificateBundle, TargetFailure, type TargetService } from '../targets/target.ts';
import { bringCertificate, recordFailure } from './bring-certificate.ts';
import { openBundle, requireDeployable } from './certificate-bundle.ts';
import { type FoundTarget, findTarget } from './find-target.ts';
import { type Place, parseService } from './place.ts';
import { pushFailed } from './target-errors.ts';

type Ports = Pick<
  SslCertificatesPorts,
  'database' | 'clock' | 'random' | 'log' | 'identity' | 'keyStore' | 'targets'
>;

/**
 * Makes a certificate known to a service. Throws AccessDenied, SCM.0030 for the service, SCM.0094, SCM.0010, SCM.0401, SCM.0059, SCM.0005,
 * SCM.0075, SCM.0204 and SCM.0224 for the project, and what the service answers as SCM.0201 to SCM.0225.
 */
export async function pushCertificate(
  ports: Ports,
  actor: Actor,
  certificateId: string,
  sent: { readonly service: string; readonly project: string },
): Promise<void> {
  const service = requireService(sent.service);
  const bundle = await bundleToPush(ports, actor, certificateId);
  const found = findTarget(ports.targets, service, sent.project, 'target_project');
  await pushTo(ports, actor, bundle, service, found);
}

export interface PushResult {
  /** As it was sent. */
  readonly project: string;
  /** The service's id of the certificate; empty if it was not pushed. */
  readonly targetCertificateId: string;
  readonly message: string;
}

const longestMessage = 255;

/** Pushes to several projects, each by itself; what is wrong with one is in its result. Throws as `pushCertificate`, and SCM.0507. */
export async function pushToProjects(
  ports: Ports,
  actor: Actor,
  certificateId: string,
  sent: { readonly service: string; readonly projects: readonly string[] },
): Promise<readonly PushResult[]> {
  const service = requireService(sent.service);
  if (new Set(sent.projects).size < sent.projects.length)
    throw scmError('SCM.0507', 'target_projects names a project twice.');
  const bundle = await bundleToPush(ports, actor, certificateId);
  // CDN is the same from all projects, and takes a certificate once.
  const pushed = new Map<string, Promise<string>>();
  const results = sent.projects.map(async (project): Promise<PushResult> => {
    try {
      const found = findTarget(ports.targets, service, project, 'target_projects');
      const push = pushed.get(found.project) ?? pushTo(ports, actor, bundle, service, found);
      pushed.set(found.project, push);
      return { project, targetCertificateId: await push, message: 'success' };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { project, targetCertificateId: '', message: error.message.slice(0, longestMessage) };
    }
  });
  return Promise.all(results);
}

function requireService(text: string): TargetService {
  const service = parseService(text);
  if (service) return service;
  throw scmError('SCM.0030', 'target_service has to be CDN, WAF or ELB.');
}

async function bundleToPush(ports: Ports, actor: Actor, certificateId: string): Promise<CertificateBundle> {
  const certificate = await loadCertificate(ports, actor, 'pushCertificate', certificateId);
  return openBundle(ports, requireDeployable('pushCertificate', certificate, ports.clock.nowMs()));
}

/** Answers the service's id of the certificate. */
async function pushTo(
  ports: Ports,
  actor: Actor,
  bundle: CertificateBundle,
  service: TargetService,
  { target, project }: FoundTarget,
): Promise<string> {
  const place: Place = { service, project, resourceId: '' };
  try {
    return await bringCertificate(ports, { actor, bundle, target, place });
  } catch (error) {
    if (!(error instanceof TargetFailure)) throw error;
    await recordFailure(ports, { actor, bundle, place }, error);
    throw pushFailed(service, error);
  }
}
