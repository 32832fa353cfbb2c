import { requireOperator } from '../accounts/create-account.ts';
import { findAccount } from '../accounts/store.ts';
import type { Actor } from '../actor.ts';
import { recordedChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { iamLimits } from './iam-limits.ts';
import type { LimitKind } from './limit-kind.ts';
import { readLimit, writeLimit } from './limit-store.ts';

export interface LimitInUse extends Pick<LimitKind, 'kind' | 'what' | 'per'> {
  readonly limit: number;
  /** Rows in use; those of the fullest unit where `per` is not the account. */
  readonly used: number;
}

export interface WantedLimit {
  readonly kind: string;
  /** Null: the standard limit. */
  readonly limit: number | null;
}

export async function listOwnLimits(iam: IamContext, actor: Actor): Promise<readonly LimitInUse[]> {
  await iam.accessControl.authorize(actor, { action: iamActions.listLimits });
  return limitsOf(iam, actor.accountId);
}

/** Shows an account's limits to the root user of the first account. */
export async function listLimitsOf(
  iam: IamContext,
  actor: Actor,
  accountId: string,
): Promise<readonly LimitInUse[]> {
  await requireOperator(iam, actor, 'look');
  if (!(await findAccount(iam.database, accountId))) throw notFound('account', accountId);
  return limitsOf(iam, accountId);
}

/** Sets limits of an account, as the root user of the first account. A limit below what is used takes nothing away. 400 for an unknown kind. */
export async function setLimits(
  iam: IamContext,
  actor: Actor,
  accountId: string,
  wanted: readonly WantedLimit[],
): Promise<readonly LimitInUse[]> {
  await requireOperator(iam, actor, 'change');
  const kinds = new Map(kindsOf(iam).map((each) => [each.kind, each]));
  const changes = wanted.map(({ kind, limit }) => {
    const known = kinds.get(kind);
    if (!known)
      throw badRequest(`limits: there is no kind ${kind}; there are ${[...kinds.keys()].join(', ')}.`);
    return { known, amount: limit ?? undefined };
  });
  await recordedChange(iam, actor, 'iam:accounts:setLimits', 'account', async (transaction) => {
    const account = await findAccount(transaction, accountId);
    if (!account) throw notFound('account', accountId);
    for (const { known, amount } of changes) await writeLimit(transaction, accountId, known, amount);
    return {
      result: undefined,
      resourceId: accountId,
      resourceName: account.name,
      detail: changes.map(({ known, amount }) => `${known.kind}: ${amount ?? 'standard'}`).join(', '),
    };
  });
  return limitsOf(iam, accountId);
}

function kindsOf({ limits = [] }: IamContext): readonly LimitKind[] {
  return [iamLimits, ...limits].flatMap(({ kinds }) => kinds);
}

async function limitsOf(iam: IamContext, accountId: string): Promise<readonly LimitInUse[]> {
  const listed: LimitInUse[] = [];
  for (const limit of kindsOf(iam)) {
    const { kind, what, per } = limit;
    const most = await readLimit(iam.database, accountId, limit);
    listed.push({ kind, what, per, limit: most, used: await limit.count(iam.database, accountId) });
  }
  return listed;
}
