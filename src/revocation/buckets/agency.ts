import type { AccessRequest, Actor } from '../../iam/index.ts';
import { AccessDenied } from '../../platform/errors.ts';
import { agencyPermissions } from '../permissions.ts';
import type { PublicationPorts } from '../ports.ts';

/** By what an account lets this service write CRLs into its buckets: a delegation like any other, which it may end at any time. */
export const obsAgency = {
  service: 'op_svc_pca',
  agencyName: 'PCAAccessPrivateOBS',
  description: 'Lets Private Certificate Authority publish CRLs in the buckets of this account.',
  policyName: 'OBS OperateAccess',
} as const;

/** Why the service may not write there, in a sentence for the caller. */
export class NotDelegated extends Error {}

/** The service as it may act in the account now. Throws NotDelegated. */
export async function actAsService(
  { agencies }: Pick<PublicationPorts, 'agencies'>,
  accountId: string,
): Promise<Actor> {
  const actor = await agencies.assume(accountId, obsAgency.service);
  if (actor) return actor;
  throw new NotDelegated('The agency that lets PCA access OBS buckets has not been created.');
}

export function putRequest(accountId: string, bucket: string, key: string): AccessRequest {
  return { action: agencyPermissions.putObject, resource: `obs:*:${accountId}:object:${bucket}/${key}` };
}

/** Asks about work that the service does in the caller's place. It needs no permission, but a Deny holds. Throws AccessDenied. */
export async function requireNotDenied(
  { identity }: Pick<PublicationPorts, 'identity'>,
  actor: Actor,
  request: AccessRequest,
): Promise<void> {
  const decision = identity.decide(actor, request);
  if (decision === 'denied explicitly') await identity.refuse(actor, request, decision);
}

/** Throws NotDelegated unless the service may put this object into the account's bucket. */
export async function requireMayPut(
  ports: Pick<PublicationPorts, 'agencies' | 'identity'>,
  accountId: string,
  bucket: string,
  key: string,
): Promise<void> {
  const actor = await actAsService(ports, accountId);
  try {
    await ports.identity.authorize(actor, putRequest(accountId, bucket, key));
  } catch (error) {
    if (!(error instanceof AccessDenied)) throw error;
    throw new NotDelegated('The agency does not let PCA put objects into the bucket.', { cause: error });
  }
}
