import { findAccount, findAccountByName } from '../accounts/store.ts';
import { findAgencies } from '../agencies/store.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import type { Principal, SessionHolder } from '../authentication/principal.ts';
import type { IamContext } from '../context.ts';
import { badRequest, forbidden } from '../errors.ts';
import type { AgencyTable } from '../tables.ts';

export interface AgencyReference {
  readonly domain_id?: string;
  readonly domain_name?: string;
  /** Older clients say xrole_name. */
  readonly agency_name?: string;
  readonly xrole_name?: string;
}

export interface AssumedAgency {
  readonly holder: SessionHolder;
  readonly principal: Principal;
  /** The end of the agency, if it has one. */
  readonly expiresAt: number | null;
}

/** A user of the trusted account steps into the agency; both accounts' trails show it. */
export async function assumeAgency(
  iam: IamContext,
  caller: Authentication,
  reference: AgencyReference,
): Promise<AssumedAgency> {
  const agency = await findTrustingAgency(iam, caller, reference);
  const access = {
    action: 'iam:agencies:assume',
    aliases: ['iam:tokens:assume'],
    resource: `/iam/agencies/${agency.agency_id}`,
  };
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
  if (!principal) throw notAssumable();
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
  return { holder, principal, expiresAt: agency.expires_at };
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
  if (actor.kind !== 'user' || session?.principal_kind === 'federated') throw notAssumable();
  const account =
    id === undefined
      ? await findAccountByName(iam.database, accountName!)
      : await findAccount(iam.database, id);
  const [agency] = account ? await findAgencies(iam.database, account.account_id, { name }) : [];
  if (agency?.trust_account_id !== actor.accountId) throw notAssumable();
  return agency;
}

/** One answer for all: the caller is not to learn what other accounts have. */
function notAssumable() {
  return forbidden('There is no such agency, or it does not trust this account.');
}
