import { findAccount, findAccountByName } from '../accounts/store.ts';
import type { Actor } from '../actor.ts';
import { findAgencies } from '../agencies/store.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import type { SessionHolder } from '../authentication/principal.ts';
import type { IamContext } from '../context.ts';
import { badRequest, forbidden } from '../errors.ts';
import { agencyAssumption } from '../permissions.ts';
import type { AgencyTable } from '../tables.ts';
import type { SessionSource } from './issue-session.ts';
import type { SessionParent } from './session-parent.ts';

export interface AgencyReference {
  readonly domain_id?: string;
  readonly domain_name?: string;
  /** Older clients say xrole_name. */
  readonly agency_name?: string;
  readonly xrole_name?: string;
}

/**
 * A user of the trusted account steps into the agency; both accounts' trails show it. The session ends with the agency and with the
 * credential that it was asked for with.
 */
export async function assumeAgency(
  iam: IamContext,
  caller: Authentication,
  reference: AgencyReference,
): Promise<SessionSource> {
  const agency = await findTrustingAgency(iam, caller, reference);
  const access = { ...agencyAssumption, resource: `/iam/agencies/${agency.agency_id}` };
  await iam.accessControl.authorize(caller.actor, access);

  const holder: SessionHolder = {
    account_id: agency.account_id,
    principal_kind: 'agency',
    principal_id: agency.agency_id,
    federated_name: null,
    federated_groups: null,
    assumed_by: caller.principal.principalId,
    credentials_version: caller.principal.credentialsVersion,
  };
  const principal = await iam.principals.ofHolder(holder);
  if (!principal) return refuse(iam, caller.actor);
  await iam.database.transaction((transaction) =>
    iam.audit.record(transaction, caller.actor, {
      action: access.action,
      resourceType: 'agency',
      resourceId: agency.agency_id,
      resourceName: agency.name,
      result: 'success',
      detail: `of account ${principal.accountName}`,
    }),
  );
  const ends = [agency.expires_at, caller.session?.expires_at].filter((end) => typeof end === 'number');
  return {
    holder,
    principal,
    methods: ['assume_role'],
    parent: parentOf(caller),
    isFull: false,
    latestEnd: ends.length > 0 ? Math.min(...ends) : undefined,
  };
}

async function findTrustingAgency(
  iam: IamContext,
  { actor, session }: Authentication,
  reference: AgencyReference,
): Promise<AgencyTable> {
  const name = reference.agency_name ?? reference.xrole_name;
  const { domain_id: id, domain_name: accountName } = reference;
  if (name === undefined || (id === undefined && accountName === undefined))
    throw badRequest(
      'auth.identity.assume_role must have agency_name (or xrole_name) and domain_name or domain_id.',
    );
  // An agency does not lead to another one, and a federated user is none that could be checked later on.
  if (actor.kind !== 'user' || session?.principal_kind === 'federated') return refuse(iam, actor);
  const account =
    id === undefined
      ? await findAccountByName(iam.database, accountName!)
      : await findAccount(iam.database, id);
  const [agency] = account ? await findAgencies(iam.database, account.account_id, { name }) : [];
  if (agency?.trust_account_id !== actor.accountId) return refuse(iam, actor);
  return agency;
}

function parentOf({ session, actor }: Authentication): SessionParent {
  if (session) return { kind: 'session', session };
  if (actor.accessKeyId === undefined) throw new Error('the caller has neither a session nor an access key');
  return { kind: 'access-key', accessKey: actor.accessKeyId };
}

/** One answer for all, recorded: the caller is not to learn what other accounts have. */
async function refuse(iam: IamContext, actor: Actor): Promise<never> {
  const reason = 'There is no such agency, or it does not trust this account.';
  await iam.accessControl.recordRefusal(actor, agencyAssumption.action, undefined, reason);
  throw forbidden(reason);
}
