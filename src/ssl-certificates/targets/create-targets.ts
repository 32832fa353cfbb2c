import { join } from 'node:path';
import { StartRefused } from '../../platform/start-refused.ts';
import type { SslConfiguration } from '../configuration.ts';
import { foreignText } from '../foreign-text.ts';
import { CdnTarget } from './cdn-target.ts';
import { ElbTarget } from './elb-target.ts';
import { folderName } from './file-names.ts';
import { createFolderTarget } from './folder-target.ts';
import { createHaproxyTarget } from './haproxy-target.ts';
import { openNginxTarget } from './nginx-target.ts';
import {
  type CertificateBundle,
  type Target,
  TargetFailure,
  type TargetService,
  type Targets,
} from './target.ts';
import type { TargetConfiguration } from './target-configuration.ts';
import type { TargetPorts } from './target-ports.ts';
import { createVendorService } from './vendor-service.ts';
import { WafTarget } from './waf-target.ts';
import { createWebhookTarget } from './webhook-target.ts';

/** Of the reference's examples (4.1.4), so that they run as they are written. */
const exampleProjects = ['cn-north-7', 'eu-west-101'];
/** CDN is one service for all regions. */
export const globalProject = 'global';

/**
 * The targets of the configuration; without one, folders. Files that a crash left half replaced are made whole. Throws
 * `StartRefused` that says what the operator has to change.
 */
export async function createTargets(
  ports: TargetPorts,
  configuration: SslConfiguration['targets'],
): Promise<Targets> {
  const byService = new Map<TargetService, Map<string, Target>>();
  const add = (service: TargetService, project: string, target: Target) =>
    byService.set(service, (byService.get(service) ?? new Map()).set(project, target));
  if (configuration === undefined) {
    for (const project of new Set([...exampleProjects, ports.project]))
      for (const service of ['ELB', 'WAF'] as const)
        add(service, project, defaultTarget(ports, service, project));
    add('CDN', globalProject, defaultTarget(ports, 'CDN', globalProject));
  } else {
    requireConsistent(configuration);
    for (const each of configuration)
      add(each.service, each.project, guarded(each.accounts, await openTarget(ports, each)));
  }
  const projectsOf = (service: TargetService) => [...(byService.get(service)?.keys() ?? [])];
  return {
    projectsOf,
    find(service, project) {
      const isKnown = [...byService.values()].some((targets) => targets.has(project));
      return byService.get(service)?.get(project) ?? (isKnown ? 'no-service' : 'unknown-project');
    },
  };
}

/** A folder for each account: two accounts may have resources of the same name. */
function defaultTarget({ deployedFolder }: TargetPorts, service: TargetService, project: string): Target {
  const targets = new Map<string, Target>();
  const of = ({ accountId }: CertificateBundle): Target => {
    const folder = join(deployedFolder, folderName(accountId), service, folderName(project));
    const target = targets.get(accountId) ?? createFolderTarget(folder);
    targets.set(accountId, target);
    return target;
  };
  return guarded(undefined, {
    push: (bundle) => of(bundle).push(bundle),
    deploy: (bundle, resource) => of(bundle).deploy(bundle, resource),
    resourcesUsing: async () => undefined,
  });
}

async function openTarget(ports: TargetPorts, configuration: TargetConfiguration): Promise<Target> {
  switch (configuration.connector) {
    case 'folder':
      return createFolderTarget(configuration.folder);
    case 'nginx':
      return openNginxTarget(ports, configuration);
    case 'haproxy':
      return createHaproxyTarget(ports, configuration);
    case 'webhook':
      return createWebhookTarget(ports, configuration);
    case 'vendor': {
      const service = createVendorService(ports, configuration);
      switch (configuration.service) {
        case 'ELB':
          return new ElbTarget(service);
        case 'WAF':
          return new WafTarget(service);
        case 'CDN':
          return new CdnTarget(service);
      }
    }
  }
}

/** Lets only the accounts of the configuration in, and makes a failure of the target of whatever else goes wrong in it. */
function guarded(accounts: readonly string[] | undefined, target: Target): Target {
  const requireAccount = ({ accountId }: CertificateBundle) => {
    if (accounts !== undefined && !accounts.includes(accountId))
      throw new TargetFailure('forbidden', 'This account may not use the target.');
  };
  return {
    async push(bundle) {
      requireAccount(bundle);
      const id = await target.push(bundle).catch((error) => rethrow(withoutKey(error, bundle)));
      return nameOf(id, bundle) ?? bundle.certificateId;
    },
    async deploy(bundle, resource) {
      requireAccount(bundle);
      const done = await target.deploy(bundle, resource).catch((error) => rethrow(withoutKey(error, bundle)));
      return {
        targetCertificateId: nameOf(done.targetCertificateId, bundle) ?? bundle.certificateId,
        resourceName: nameOf(done.resourceName, bundle) ?? (resource.id || resource.domainName),
      };
    },
    resourcesUsing: (targetCertificateId) => target.resourcesUsing(targetCertificateId).catch(rethrow),
  };
}

const longestName = 255;

/** What a target calls something; undefined for what cannot be a name, and for what it was sent: names are kept and shown. */
function nameOf(answered: string, bundle: CertificateBundle): string | undefined {
  const isName = answered.length <= longestName && answered === foreignText(answered, longestName);
  return isName && !quotesKey(answered, bundle) ? answered : undefined;
}

/** Of a line of Base64: so much of it is no coincidence, and a text may have been cut. */
const tellingLength = 16;

/** What a target says goes to users, audit records and the log; some quote what they were sent, and that is a private key. */
function withoutKey(error: unknown, bundle: CertificateBundle): unknown {
  if (!(error instanceof Error) || !quotesKey(error.message, bundle)) return error;
  const kind = error instanceof TargetFailure ? error.kind : 'unavailable';
  return new TargetFailure(
    kind,
    'The target refused it, in words that quote the private key; they are not kept.',
  );
}

function quotesKey(text: string, { privateKeyPem }: CertificateBundle): boolean {
  const lines = privateKeyPem.split('\n').filter((line) => !line.startsWith('-----'));
  return lines.some((line) => line.length >= tellingLength && text.includes(line.slice(0, tellingLength)));
}

function rethrow(error: unknown): never {
  if (error instanceof TargetFailure) throw error;
  // The message of a failing file names the operator's paths, which are not for users; the cause goes to the log.
  const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
  const text = code === '' && error instanceof Error ? error.message : `The target could not be used${code}.`;
  throw new TargetFailure('unavailable', text, { cause: error });
}

function requireConsistent(configuration: NonNullable<SslConfiguration['targets']>): void {
  const places = new Set<string>();
  const files = new Set<string>();
  for (const each of configuration) {
    const place = `${each.service} in ${each.project}`;
    if (places.has(place)) throw new StartRefused(`targets: ${place} is configured twice; keep one of them`);
    places.add(place);
    if (each.service === 'CDN' && each.project !== globalProject)
      throw new StartRefused(`targets: the project of CDN has to be ${globalProject}, not ${each.project}`);
    if (each.connector === 'vendor' && each.service !== 'CDN' && each.project_id === undefined)
      throw new StartRefused(`targets: ${place} needs project_id, the project's id with the vendor`);
    for (const file of filesOf(each)) {
      if (files.has(file))
        throw new StartRefused(`targets: ${file} is named twice; every file has one content`);
      files.add(file);
    }
  }
}

function filesOf(configuration: TargetConfiguration): readonly string[] {
  switch (configuration.connector) {
    case 'nginx':
      return Object.values(configuration.resources).flatMap((each) => [each.certificate_file, each.key_file]);
    case 'haproxy':
      return Object.values(configuration.resources).map((each) => each.certificate_file);
    case 'folder':
    case 'webhook':
    case 'vendor':
      return [];
  }
}
