import { scmError } from '../errors.ts';
import type { Target, TargetService, Targets } from '../targets/target.ts';
import { globalProject, targetServices } from './place.ts';

export interface FoundTarget {
  readonly target: Target;
  /** As it is recorded: `global` of CDN, whatever region was named. */
  readonly project: string;
}

/**
 * The target of a service in a project. CDN is the same from everywhere, so it takes no project (clients send an empty one) or any
 * that there is. Throws SCM.0005 where one has to be named, SCM.0075 for one that is unknown, SCM.0204 and SCM.0224 where it has not this
 * service, and SCM.0030 if there is no CDN.
 */
export function findTarget(
  targets: Targets,
  service: TargetService,
  sent: string,
  field: string,
): FoundTarget {
  if (service === 'CDN') {
    if (sent !== '' && !knownProjects(targets).has(sent)) throw unknownProject(targets, sent, field);
    const target = targets.find(service, globalProject);
    if (typeof target === 'string') throw scmError('SCM.0030', 'No CDN is configured.');
    return { target, project: globalProject };
  }
  if (sent === '') throw scmError('SCM.0005', `${field} is mandatory for ${service}.`);
  const target = targets.find(service, sent);
  if (target === 'unknown-project') throw unknownProject(targets, sent, field);
  if (target === 'no-service')
    throw scmError(
      service === 'ELB' ? 'SCM.0204' : 'SCM.0224',
      `${field} ${sent} has no ${service}; it is in ${targets.projectsOf(service).join(', ') || 'no project'}.`,
    );
  return { target, project: sent };
}

function knownProjects(targets: Targets): ReadonlySet<string> {
  return new Set(targetServices.flatMap((service) => targets.projectsOf(service)).concat(globalProject));
}

function unknownProject(targets: Targets, sent: string, field: string) {
  const known = [...knownProjects(targets)].join(', ');
  return scmError('SCM.0075', `${field} ${sent} is unknown; there are ${known}.`);
}
