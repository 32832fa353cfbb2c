import type { Actor } from '../../iam/index.ts';
import { AccessDenied, ServiceError } from '../../platform/errors.ts';
import { pcaError } from '../../private-ca/index.ts';
import { scheduleAll } from '../crl/crl-state-store.ts';
import { agencyManagement, agencyPermissions } from '../permissions.ts';
import type { RevocationPorts } from '../ports.ts';
import { obsAgency } from './agency.ts';

type AgencyPorts = Pick<RevocationPorts, 'agencies' | 'clock' | 'database' | 'identity' | 'jobs'>;

/** Whether the account lets the service put objects into its buckets now. Throws AccessDenied without the security administrator's role. */
export async function isAgencyGranted({ agencies, identity }: AgencyPorts, actor: Actor): Promise<boolean> {
  // Looking is no critical operation, whatever the action is named after.
  await identity.authorize(actor, { action: agencyManagement, isCritical: false });
  const service = await agencies.assume(actor.accountId, obsAgency.service);
  if (service === undefined) return false;
  try {
    await identity.authorize(service, { action: agencyPermissions.putObject });
    return true;
  } catch (error) {
    if (error instanceof AccessDenied) return false;
    throw error;
  }
}

/**
 * Creates the agency, or answers the one there is. CRLs that waited for it are published now. Throws AccessDenied, and PCA.00020001
 * if something else has the agency's name.
 */
export async function createAgency(ports: AgencyPorts, actor: Actor): Promise<string> {
  const { agencies, clock, database, identity, jobs } = ports;
  await identity.authorize(actor, { action: agencyManagement });
  const agencyId = await ensureAgency(agencies, actor);
  await database.transaction((transaction) => scheduleAll(transaction, jobs, actor.accountId, clock.nowMs()));
  jobs.wake();
  return agencyId;
}

async function ensureAgency(agencies: AgencyPorts['agencies'], actor: Actor): Promise<string> {
  try {
    return await agencies.ensure(actor, obsAgency);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 409) throw error;
    const existing = await agencies.assume(actor.accountId, obsAgency.service);
    // Another request was faster with the same agency.
    if (existing) return existing.principalId;
    throw pcaError('PCA.00020001', `The agency cannot be created: ${error.detail ?? error.message}`, {
      cause: error,
    });
  }
}
