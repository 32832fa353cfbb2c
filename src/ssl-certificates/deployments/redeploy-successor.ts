import { createHash } from 'node:crypto';
import { type Job, type JobWork, waitsForNetwork } from '../../jobs/index.ts';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { findCertificate } from '../certificates/certificate-store.ts';
import { scmError } from '../errors.ts';
import { tell } from '../notifications/tell.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { type Target, TargetFailure } from '../targets/target.ts';
import { bringCertificate, recordFailure } from './bring-certificate.ts';
import { openBundle, requireDeployable } from './certificate-bundle.ts';
import { certificatesAt, deploymentsOf, forgetDeployment, isDeployed } from './deployment-store.ts';
import { describePlace, type Place } from './place.ts';
import {
  findRedeployment,
  insertRedeployment,
  isBeingRedeployed,
  type Redeployment,
  redeploymentsOf,
  removeRedeployment,
  writeFailure,
} from './redeployment-store.ts';

type SchedulingPorts = Pick<SslCertificatesPorts, 'clock' | 'jobs'>;
type Ports = Pick<
  SslCertificatesPorts,
  | 'database'
  | 'clock'
  | 'random'
  | 'log'
  | 'identity'
  | 'keyStore'
  | 'targets'
  | 'jobs'
  | 'configuration'
  | 'mailer'
>;

/** One job for each certificate and place, so that one that is down keeps none of the others. */
const redeployKind = 'ssl:redeploy';
const systemWork = 'ssl-redeployment';

interface RedeployPayload extends Place {
  readonly certificateId: string;
}

/**
 * Lets a certificate take the place of its predecessor wherever that was pushed or deployed, or was still to be. Takes effect with the
 * transaction; the caller wakes the jobs after it. Does nothing for a certificate without a predecessor.
 */
export async function scheduleRedeployment(
  ports: SchedulingPorts,
  transaction: Transaction,
  { accountId, certificateId }: { readonly accountId: string; readonly certificateId: string },
): Promise<void> {
  const certificate = await findCertificate(transaction, accountId, certificateId);
  const predecessorId = certificate?.predecessor_id;
  if (!predecessorId) return;
  const base = { certificate_id: certificateId, account_id: accountId, last_failure: null };
  for (const { resource_name, target_certificate_id, deployed_at, ...place } of await deploymentsOf(
    transaction,
    accountId,
    predecessorId,
  ))
    await schedule(ports, transaction, { ...place, ...base, predecessor_id: predecessorId });
  // What the predecessor has not taken over yet, this one does in its stead, from who is there.
  for (const waiting of await redeploymentsOf(transaction, accountId, predecessorId)) {
    await removeRedeployment(transaction, waiting);
    await ports.jobs.cancel(transaction, redeployKind, keyOf(waiting));
    await schedule(ports, transaction, { ...waiting, ...base });
  }
}

async function schedule({ clock, jobs }: SchedulingPorts, transaction: Transaction, row: Redeployment) {
  await insertRedeployment(transaction, row);
  const payload: RedeployPayload = { certificateId: row.certificate_id, ...placeOf(row) };
  const { account_id: accountId } = row;
  await jobs.schedule(transaction, {
    kind: redeployKind,
    key: keyOf(row),
    dueMs: clock.nowMs(),
    payload,
    accountId,
  });
}

function placeOf({ service, project, resource_id: resourceId }: Redeployment): Place {
  return { service, project, resourceId };
}

function keyOf(row: Redeployment): string {
  const place = JSON.stringify([row.service, row.project, row.resource_id]);
  return `${row.certificate_id}/${createHash('sha256').update(place).digest('hex').slice(0, 32)}`;
}

/**
 * Refuses the end of a certificate that is about to be deployed by itself, or to be replaced where it is: it would leave a resource with
 * a certificate that nobody renews any more. Throws SCM.0105.
 */
export async function requireNoRedeployment(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<void> {
  if (await isBeingRedeployed(reader, accountId, certificateId))
    throw scmError(
      'SCM.0105',
      'A renewed certificate is being deployed in its place; wait until that is done.',
    );
}

/** For `jobs.handle`. */
export function redeploymentHandlers(ports: Ports): Readonly<Record<string, JobWork>> {
  return { [redeployKind]: waitsForNetwork((job) => redeploySuccessor(ports, job)) };
}

async function redeploySuccessor(ports: Ports, job: Job): Promise<void> {
  const { certificateId, ...place } = job.payload as RedeployPayload;
  const row = await findRedeployment(ports.database, job.accountId, certificateId, place);
  if (!row) return;
  const obstacle = await findObstacle(ports, row);
  if (obstacle !== undefined) return abandon(ports, row, obstacle);
  try {
    await redeploy(ports, row);
  } catch (error) {
    if (error instanceof TargetFailure && error.kind === 'no-such-resource')
      return abandon(ports, row, error.text, { isGone: true });
    const reason = error instanceof TargetFailure ? error.text : String(error);
    if (reason !== row.last_failure)
      await ports.database.transaction(async (transaction) => {
        await writeFailure(transaction, row, reason);
        await tellFailure(ports, transaction, row, reason);
      });
    // Tried again, less and less often: a target that is down may come back, and a wrong configuration be mended.
    throw error;
  }
}

/** Once for each place: nobody waits for what is done without a request. */
async function tellFailure(
  ports: Ports,
  transaction: Transaction,
  row: Redeployment,
  reason: string,
): Promise<void> {
  const certificate = await findCertificate(transaction, row.account_id, row.certificate_id);
  const place = describePlace(placeOf(row));
  if (certificate)
    await tell(ports, transaction, certificate, {
      kind: 'DEPLOYMENT_FAILED',
      attempt: place,
      reason: `${place}: ${reason}`,
    });
}

/** Why it will never be done: not an obstacle is what may pass. */
async function findObstacle(
  { database, clock }: Ports,
  {
    account_id: accountId,
    certificate_id: certificateId,
    predecessor_id: predecessorId,
    ...row
  }: Redeployment,
): Promise<string | undefined> {
  const certificate = await findCertificate(database, accountId, certificateId);
  if (!certificate) return 'The certificate is gone.';
  try {
    requireDeployable('deployCertificate', certificate, clock.nowMs());
  } catch (error) {
    if (error instanceof ServiceError) return error.message;
    throw error;
  }
  if (row.resource_id === '') return undefined;
  const place = { service: row.service, project: row.project, resourceId: row.resource_id };
  const there = await certificatesAt(database, accountId, place);
  return there.some((id) => id !== predecessorId && id !== certificateId)
    ? 'Another certificate was deployed there meanwhile.'
    : undefined;
}

async function redeploy(ports: Ports, row: Redeployment): Promise<void> {
  const { account_id: accountId, certificate_id: certificateId } = row;
  const place = placeOf(row);
  const recordToo = (transaction: Transaction) => removeRedeployment(transaction, row);
  if (await isDeployed(ports.database, accountId, certificateId, place))
    return ports.database.transaction(recordToo);
  const target = ports.targets.find(row.service, row.project);
  if (typeof target === 'string')
    throw new TargetFailure('unavailable', `${row.service} is not configured in ${row.project}.`);
  await bringSuccessor(ports, row, target, recordToo);
}

async function bringSuccessor(
  ports: Ports,
  row: Redeployment,
  target: Target,
  recordToo: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  const certificate = await findCertificate(ports.database, row.account_id, row.certificate_id);
  if (!certificate) return;
  const actor = ports.identity.systemActor(row.account_id, systemWork);
  const bundle = await openBundle(
    ports,
    requireDeployable('deployCertificate', certificate, ports.clock.nowMs()),
  );
  const place = placeOf(row);
  const isCdn = row.service === 'CDN';
  const resource = {
    id: isCdn ? '' : row.resource_id,
    domainName: isCdn ? row.resource_id : '',
    type: row.resource_type,
    enterpriseProjectId: row.resource_enterprise_project_id,
  };
  try {
    await bringCertificate(ports, {
      actor,
      bundle,
      target,
      place,
      recordToo,
      ...(row.resource_id !== '' && { resource }),
    });
  } catch (error) {
    // One trace for each reason, not one for each attempt.
    if (error instanceof TargetFailure && error.text !== row.last_failure)
      await recordFailure(ports, { actor, bundle, place }, error);
    throw error;
  }
}

async function abandon(
  { database, identity }: Ports,
  row: Redeployment,
  reason: string,
  { isGone = false } = {},
): Promise<void> {
  const place = placeOf(row);
  await database.transaction(async (transaction) => {
    await removeRedeployment(transaction, row);
    if (isGone) await forgetDeployment(transaction, row.account_id, row.predecessor_id, place);
    await identity.recordAudit(transaction, identity.systemActor(row.account_id, systemWork), {
      action: permissions.deployCertificate.action,
      resourceType: 'cert',
      resourceId: row.certificate_id,
      result: 'failed',
      detail: `${describePlace(place)}: ${reason}`,
    });
  });
}
