import {
  type CertificateBundle,
  type Target,
  TargetFailure,
  type TargetResource,
  type TargetService,
  type Targets,
} from '../targets/target.ts';

/** A service that keeps in memory what it was given. */
export class MemoryTarget implements Target {
  /** Every call, in order: what it was about and which certificate. */
  readonly calls: string[] = [];
  readonly resources: TargetResource[] = [];
  /** By resource, or the empty text for what was pushed last. */
  readonly serving = new Map<string, CertificateBundle>();
  /** What the next calls throw, by resource (empty: a push); every call if it is a failure. */
  failures: TargetFailure | Map<string, TargetFailure> | undefined;
  /** How it answers `resourcesUsing`; undefined: it cannot be asked. */
  using: ((id: string) => readonly { id: string; name: string }[]) | undefined;
  /** How many works were inside at the same time, at most. */
  mostAtOnce = 0;
  #inside = 0;

  async push(bundle: CertificateBundle): Promise<string> {
    await this.#take('', bundle);
    return `target-${bundle.certificateId}`;
  }

  async deploy(bundle: CertificateBundle, resource: TargetResource) {
    const name = resource.id || resource.domainName;
    await this.#take(name, bundle);
    this.resources.push(resource);
    return { targetCertificateId: `target-${bundle.certificateId}`, resourceName: `name of ${name}` };
  }

  async resourcesUsing(targetCertificateId: string) {
    if (this.failures instanceof TargetFailure) throw this.failures;
    return this.using?.(targetCertificateId);
  }

  async #take(name: string, bundle: CertificateBundle): Promise<void> {
    this.calls.push(`${name}=${bundle.certificateId}`);
    this.#inside += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#inside);
    await new Promise((resolve) => setImmediate(resolve));
    this.#inside -= 1;
    const failure = this.failures instanceof Map ? this.failures.get(name) : this.failures;
    if (failure) throw failure;
    this.serving.set(name, bundle);
  }
}

export interface MemoryTargets extends Targets {
  at(service: TargetService, project: string): MemoryTarget;
  /** The operator takes it out of the configuration. */
  remove(service: TargetService, project: string): void;
  add(service: TargetService, project: string): void;
}

/** ELB and WAF in cn-north-7 and eu-west-101, ELB alone in elb-only, WAF alone in waf-only, CDN. */
export function memoryTargets(): MemoryTargets {
  const targets = new Map<string, MemoryTarget>();
  const add = (service: TargetService, project: string) =>
    targets.set(`${service}/${project}`, new MemoryTarget());
  for (const project of ['cn-north-7', 'eu-west-101']) {
    add('ELB', project);
    add('WAF', project);
  }
  add('ELB', 'elb-only');
  add('WAF', 'waf-only');
  add('CDN', 'global');
  return {
    add,
    remove: (service, project) => targets.delete(`${service}/${project}`),
    at(service, project) {
      const target = targets.get(`${service}/${project}`);
      if (!target) throw new Error(`${service} is not in ${project}`);
      return target;
    },
    find(service, project) {
      const isKnown = [...targets.keys()].some((key) => key.endsWith(`/${project}`));
      return targets.get(`${service}/${project}`) ?? (isKnown ? 'no-service' : 'unknown-project');
    },
    projectsOf: (service) =>
      [...targets.keys()].flatMap((key) => (key.startsWith(`${service}/`) ? [key.slice(4)] : [])),
  };
}
