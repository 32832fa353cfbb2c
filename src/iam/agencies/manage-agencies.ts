import type { Transaction } from '../../platform/db/index.ts';
import { findAccount, findAccountByName } from '../accounts/store.ts';
import type { Actor } from '../actor.ts';
import { loadGrants } from '../authentication/load-grants.ts';
import { requireGrantable } from '../authority.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { describeDependents } from '../dependents.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import { agencyLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import type { AgencyTable } from '../tables.ts';
import { decoyAccountId } from './decoy-account-id.ts';
import { deleteAgencyRows, findAgencies, findAgency, insertAgency, updateAgencyRow } from './store.ts';

const dayMs = 24 * 60 * 60_000;
/** How the vendor names its services where an account is trusted otherwise. */
const serviceForm = /^op_svc_[A-Za-z0-9_]+$/;

export interface AgencyInput {
  readonly name: string;
  readonly description?: string | undefined;
  readonly trustAccountId?: string | undefined;
  /** An account's name or a service, op_svc_<name>. */
  readonly trustName?: string | undefined;
  /** FOREVER, ONEDAY or a number of days. */
  readonly duration?: string | number | undefined;
}

/** Lets a service or the users of another account act in this one, as far as policies are granted to the agency. */
export async function createAgency(iam: IamContext, actor: Actor, input: AgencyInput): Promise<AgencyTable> {
  const access = { action: iamActions.createAgency };
  await iam.accessControl.authorize(actor, access);
  const trust = await trusted(iam, actor, input);
  return change(iam, actor, access, 'agency', async (transaction) => {
    await requireRoom(transaction, actor.accountId, agencyLimit);
    const nowMs = iam.clock.nowMs();
    const agency: AgencyTable = {
      agency_id: iam.random.hexId(),
      account_id: actor.accountId,
      name: input.name,
      description: input.description ?? '',
      ...trust,
      created_at: nowMs,
      ...durationColumns(input.duration ?? 'FOREVER', nowMs),
    };
    await insertAgency(transaction, agency);
    return {
      result: agency,
      resourceId: agency.agency_id,
      resourceName: agency.name,
      detail: `trusts ${agency.trust_name}`,
    };
  });
}

/** Letting others use an agency, or use it for longer, needs the rights that the agency has. */
export async function updateAgency(
  iam: IamContext,
  actor: Actor,
  agencyId: string,
  input: Partial<AgencyInput>,
): Promise<AgencyTable> {
  const access = { action: iamActions.updateAgency };
  await iam.accessControl.authorize(actor, access);
  const trust =
    input.trustName === undefined && input.trustAccountId === undefined
      ? {}
      : await trusted(iam, actor, input);
  return change(iam, actor, access, 'agency', async (transaction) => {
    const agency = await findAgency(transaction, actor.accountId, agencyId);
    if (!agency) throw notFound('agency', agencyId);
    const columns: Partial<AgencyTable> = {
      ...trust,
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.duration === undefined ? {} : durationColumns(input.duration, iam.clock.nowMs())),
    };
    if (input.trustName !== undefined || input.trustAccountId !== undefined || input.duration !== undefined)
      requireGrantable(iam, actor, agencyId, await loadGrants(transaction, actor.accountId, [agencyId]));
    if (Object.keys(columns).length > 0)
      await updateAgencyRow(transaction, actor.accountId, agencyId, columns);
    const detail = Object.keys(columns).join(', ');
    return { result: { ...agency, ...columns }, resourceId: agencyId, resourceName: agency.name, detail };
  });
}

/** Ends the agency's sessions at once. 409 for the last agency of a service that something here depends on. */
export async function deleteAgency(iam: IamContext, actor: Actor, agencyId: string): Promise<void> {
  await change(iam, actor, { action: iamActions.deleteAgency }, 'agency', async (transaction) => {
    const agency = await findAgency(transaction, actor.accountId, agencyId);
    if (!agency) throw notFound('agency', agencyId);
    await requireUnneeded(iam, transaction, agency);
    await deleteAgencyRows(transaction, actor.accountId, agencyId);
    return { result: undefined, resourceId: agencyId, resourceName: agency.name };
  });
}

async function requireUnneeded(
  iam: IamContext,
  transaction: Transaction,
  agency: AgencyTable,
): Promise<void> {
  const { account_id: accountId, agency_id: agencyId, trust_account_id: account, trust_name: id } = agency;
  if (account !== null) return;
  const others = await findAgencies(transaction, accountId);
  if (
    others.some(
      (each) => each.agency_id !== agencyId && each.trust_account_id === null && each.trust_name === id,
    )
  )
    return;
  const needed = { of: 'service-agency', accountId, id } as const;
  const dependents = await describeDependents(iam.dependents ?? [], transaction, needed);
  if (dependents !== undefined)
    throw conflict('agency', `${id} needs it for ${dependents}. Switch these off first.`);
}

async function trusted(
  iam: IamContext,
  actor: Actor,
  { trustName, trustAccountId }: Partial<AgencyInput>,
): Promise<Pick<AgencyTable, 'trust_account_id' | 'trust_name'>> {
  if (trustName !== undefined && serviceForm.test(trustName))
    return { trust_account_id: null, trust_name: trustName };
  if (trustAccountId === actor.accountId || (trustAccountId === undefined && trustName === actor.accountName))
    throw badRequest('agency.trust_domain_name must be another account.');
  if (trustAccountId !== undefined) {
    const account = await findAccount(iam.database, trustAccountId);
    if (!account) throw badRequest('agency.trust_domain_id must be the id of an account.');
    return { trust_account_id: account.account_id, trust_name: account.name };
  }
  if (trustName === undefined || trustName === '')
    throw badRequest('agency.trust_domain_name must be an account or a service (op_svc_...).');
  const account = await findAccountByName(iam.database, trustName);
  // No account has this id. To refuse the name would tell which names have one.
  const nobody = await decoyAccountId(iam, trustName);
  return { trust_account_id: account?.account_id ?? nobody, trust_name: trustName };
}

function durationColumns(
  duration: string | number,
  nowMs: number,
): Pick<AgencyTable, 'duration' | 'expires_at'> {
  const text = String(duration);
  if (text === '' || text === 'FOREVER') return { duration: 'FOREVER', expires_at: null };
  const days = text === 'ONEDAY' ? 1 : Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 36_500)
    throw badRequest('agency.duration must be FOREVER, ONEDAY or a number of days.');
  return { duration: text, expires_at: nowMs + days * dayMs };
}
