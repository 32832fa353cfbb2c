import type { Reader } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { systemCredential } from '../authentication/credential.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { agencyLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import { findSystemPolicyByName } from '../policies/system-policies.ts';
import { insertAssignment } from '../role-assignments/store.ts';
import type { ServiceAgencies, ServiceAgency } from '../service-agencies.ts';
import type { AgencyTable } from '../tables.ts';
import { findAgencies, insertAgency } from './store.ts';

export function createServiceAgencies(iam: IamContext): ServiceAgencies {
  return {
    async find(actor, service) {
      await iam.accessControl.authorize(actor, { action: iamActions.listAgencies });
      return (await findTrusting(iam, iam.database, actor.accountId, service))?.agency_id;
    },
    ensure: (actor, agency) => ensureAgency(iam, actor, agency),
    async assume(accountId, service) {
      const agency = await findTrusting(iam, iam.database, accountId, service);
      const principal = agency && (await iam.principals.serviceAgency(agency.agency_id, service));
      if (!principal) return undefined;
      const { accountName, principalId, principalName, grants } = principal;
      const actor: Actor = {
        kind: 'agency',
        accountId,
        accountName,
        principalId,
        principalName,
        isRoot: false,
        projectId: undefined,
        accessKeyId: undefined,
        credential: systemCredential,
        sourceIp: undefined,
        requestId: service,
      };
      iam.accessControl.attach(actor, grants);
      return actor;
    },
  };
}

async function findTrusting(
  iam: IamContext,
  reader: Reader,
  accountId: string,
  service: string,
): Promise<AgencyTable | undefined> {
  const agencies = await findAgencies(reader, accountId);
  return agencies.find(
    ({ trust_account_id, trust_name, expires_at }) =>
      trust_account_id === null &&
      trust_name === service &&
      (expires_at === null || expires_at > iam.clock.nowMs()),
  );
}

async function ensureAgency(iam: IamContext, actor: Actor, agency: ServiceAgency): Promise<string> {
  const policyId = findSystemPolicyByName(agency.policyName)?.policyId;
  if (policyId === undefined) throw new Error(`there is no system policy ${agency.policyName}`);
  return change(iam, actor, { action: iamActions.createAgency }, 'agency', async (transaction) => {
    const { accountId } = actor;
    const nowMs = iam.clock.nowMs();
    const existing = await findTrusting(iam, transaction, accountId, agency.service);
    const agencyId = existing?.agency_id ?? iam.random.hexId();
    if (!existing) {
      await requireRoom(transaction, accountId, agencyLimit);
      await insertAgency(transaction, {
        agency_id: agencyId,
        account_id: accountId,
        name: agency.agencyName,
        description: agency.description,
        trust_account_id: null,
        trust_name: agency.service,
        duration: 'FOREVER',
        created_at: nowMs,
        expires_at: null,
      });
    }
    const place = {
      accountId,
      subjectKind: 'agency',
      subjectId: agencyId,
      scopeKind: 'domain',
      scopeId: accountId,
    } as const;
    await insertAssignment(transaction, { ...place, policyId }, nowMs);
    return {
      result: agencyId,
      resourceId: agencyId,
      resourceName: existing?.name ?? agency.agencyName,
      detail: `trusts ${agency.service}`,
    };
  });
}
