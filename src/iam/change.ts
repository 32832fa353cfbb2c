import { isUniqueViolation, type Reader, type Transaction } from '../platform/db/index.ts';
import { lockAccount } from './accounts/store.ts';
import type { AccessRequest, Actor } from './actor.ts';
import { BeyondAuthority } from './authority.ts';
import type { IamContext } from './context.ts';
import { defined } from './defined.ts';
import { conflict, forbidden } from './errors.ts';

export interface Change<Result> {
  readonly result: Result;
  readonly resourceId: string;
  readonly resourceName?: string;
  /** What changed, in a few words; no secrets. */
  readonly detail?: string;
}

/**
 * The shape of every change here: authorise, change and record in one transaction, then let go of what is remembered. A name
 * that is taken already is a 409 of `noun`. What the actor has no authority for is a 403 and recorded.
 */
export async function change<Result>(
  iam: IamContext,
  actor: Actor,
  access: AccessRequest,
  noun: string,
  work: (transaction: Transaction) => Promise<Change<Result>>,
): Promise<Result> {
  await iam.accessControl.authorize(actor, access);
  return serialChange(iam, actor, access.action, noun, async (transaction) => {
    // What the actor may do may have changed while this waited.
    if (iam.accessControl.decide(actor, access) !== 'allowed')
      throw new BeyondAuthority(`${access.action} is not allowed any more.`, access.resource);
    return work(transaction);
  });
}

/**
 * One after the other within an account, so that limits hold and nothing is granted to what is being deleted. The actor's credential
 * must still count when its turn comes. For what needs no permission; `change` is the same with one.
 */
export function serialChange<Result>(
  iam: IamContext,
  actor: Actor,
  action: string,
  noun: string,
  work: (transaction: Transaction) => Promise<Change<Result>>,
): Promise<Result> {
  return recordedChange(iam, actor, action, noun, async (transaction) => {
    await lockAccount(transaction, actor.accountId);
    await iam.accessControl.renew(transaction, actor);
    return work(transaction);
  });
}

/**
 * Runs a check of authority before expensive work, which repeats it in its transaction. A refusal is recorded and answered like one
 * of the change itself.
 */
export async function requireBeforehand(
  iam: IamContext,
  actor: Actor,
  action: string,
  check: (reader: Reader) => Promise<void>,
): Promise<void> {
  try {
    await check(iam.database);
  } catch (error) {
    throw await refusalOf(iam, actor, action, error);
  }
}

/** Records what the actor has no authority for, and returns what the caller is told. */
async function refusalOf(iam: IamContext, actor: Actor, action: string, error: unknown): Promise<unknown> {
  if (!(error instanceof BeyondAuthority)) return error;
  await iam.accessControl.recordRefusal(actor, action, error.resourceId, error.message);
  return forbidden(error.message);
}

/** For what may happen at the same time and needs no permission: logins, and the making of accounts. */
export async function recordedChange<Result>(
  iam: IamContext,
  actor: Actor,
  action: string,
  noun: string,
  work: (transaction: Transaction) => Promise<Change<Result>>,
): Promise<Result> {
  try {
    const done = await iam.database.transaction(async (transaction) => {
      const { result, resourceId, resourceName, detail } = await work(transaction);
      await iam.audit.record(transaction, actor, {
        action,
        resourceType: noun,
        resourceId,
        ...defined({ resourceName, detail }),
        result: 'success',
      });
      return { result };
    });
    return done.result;
  } catch (error) {
    if (isUniqueViolation(error)) throw conflict(noun, 'One of this name exists already.');
    throw await refusalOf(iam, actor, action, error);
  } finally {
    iam.version.changed();
  }
}
