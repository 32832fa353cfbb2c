import type { TargetService } from '../targets/target.ts';

/** Where a certificate is pushed to (the resource is empty then) or deployed to. */
export interface Place {
  readonly service: TargetService;
  /** `global` of CDN. */
  readonly project: string;
  readonly resourceId: string;
}

export const targetServices: readonly TargetService[] = ['WAF', 'CDN', 'ELB'];
/** Of CDN, which is one service for all regions. */
export const globalProject = 'global';

/** Names of services are taken in any case: the reference's own examples have both. */
export function parseService(text: string): TargetService | undefined {
  return targetServices.find((service) => service === text.toUpperCase());
}

/** For people: audit records, failures. */
export function describePlace({ service, project, resourceId }: Place): string {
  return resourceId === '' ? `${service} in ${project}` : `${service} ${resourceId} in ${project}`;
}
