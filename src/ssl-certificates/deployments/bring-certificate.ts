import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import {
  type CertificateBundle,
  type Target,
  TargetFailure,
  type TargetResource,
} from '../targets/target.ts';
import { isDeployed, recordDeployment } from './deployment-store.ts';
import { holdPlace } from './hold-place.ts';
import { describePlace, type Place } from './place.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'clock' | 'random' | 'log' | 'identity'>;

export interface Bringing {
  readonly actor: Actor;
  readonly bundle: CertificateBundle;
  readonly target: Target;
  readonly place: Place;
  /** Of a deployment; a push is to the service as a whole. */
  readonly resource?: TargetResource;
  /** What else is durable with the record of it. */
  readonly recordToo?: (transaction: Transaction) => Promise<void>;
}

/**
 * Pushes or deploys a certificate, one at a time to each place, and records where it is. Answers the service's id of it. Throws
 * TargetFailure. What a crash leaves unrecorded is done again by who asks again: the same certificate changes nothing.
 */
export function bringCertificate(ports: Ports, bringing: Bringing): Promise<string> {
  const { bundle, place } = bringing;
  const key = [place.service, place.project, place.resourceId, isPush(place) ? bundle.certificateId : ''];
  return holdPlace(ports, JSON.stringify(key), () => bring(ports, bringing));
}

async function bring(ports: Ports, bringing: Bringing): Promise<string> {
  const { actor, bundle, place, resource, recordToo } = bringing;
  const { certificateId, accountId } = bundle;
  if (place.service === 'CDN' && isPush(place)) {
    if (await isDeployed(ports.database, accountId, certificateId, place))
      throw new TargetFailure('refused', 'The certificate was pushed to CDN already; CDN takes it once.');
  }
  const { targetCertificateId, resourceName } = await ask(bringing);
  await ports.database.transaction(async (transaction) => {
    await recordDeployment(transaction, {
      certificate_id: certificateId,
      account_id: accountId,
      service: place.service,
      project: place.project,
      resource_id: place.resourceId,
      resource_type: resource?.type ?? '',
      resource_enterprise_project_id: resource?.enterpriseProjectId ?? '',
      resource_name: resourceName,
      target_certificate_id: targetCertificateId,
      deployed_at: ports.clock.nowMs(),
    });
    await recordToo?.(transaction);
    await ports.identity.recordAudit(transaction, actor, eventOf(bringing, 'success', describePlace(place)));
  });
  return targetCertificateId;
}

async function ask({ bundle, target, resource }: Bringing) {
  if (resource) return target.deploy(bundle, resource);
  return { targetCertificateId: await target.push(bundle), resourceName: '' };
}

/** The private key may have reached the target all the same, so a failure leaves a trace too. */
export async function recordFailure(
  { database, identity, log }: Ports,
  bringing: Pick<Bringing, 'actor' | 'bundle' | 'place'>,
  failure: TargetFailure,
): Promise<void> {
  const { bundle, place } = bringing;
  log.warn({ error: failure, certificateId: bundle.certificateId, place }, 'a certificate was not deployed');
  const detail = `${describePlace(place)}: ${failure.text}`;
  await database.transaction((transaction) =>
    identity.recordAudit(transaction, bringing.actor, eventOf(bringing, 'failed', detail)),
  );
}

function eventOf(
  { bundle, place }: Pick<Bringing, 'bundle' | 'place'>,
  result: 'success' | 'failed',
  detail: string,
) {
  return {
    action: permissions[isPush(place) ? 'pushCertificate' : 'deployCertificate'].action,
    resourceType: 'cert',
    resourceId: bundle.certificateId,
    resourceName: bundle.name,
    result,
    detail,
  } as const;
}

function isPush(place: Place): boolean {
  return place.resourceId === '';
}
