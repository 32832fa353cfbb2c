import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { LimitKind } from './limit-kind.ts';
import { lockLimit, readLimit } from './limit-store.ts';

export interface RoomWanted {
  /** Id of the unit that the rows belong to, for a kind that is not counted by account. */
  readonly owner?: string;
  /** Number of rows about to be written; 1 if not given. */
  readonly adding?: number;
}

/**
 * Throws the service's error unless the account may have so many rows more. Until the transaction ends, others of the account that
 * write rows of the kind wait here, so the limit holds for requests at the same time.
 */
export async function requireRoom(
  transaction: Transaction,
  accountId: string,
  limit: LimitKind,
  wanted: RoomWanted = {},
): Promise<void> {
  refuseUnlessRoom(limit, await lockLimit(transaction, accountId, limit), {
    used: await limit.count(transaction, accountId, wanted.owner),
    adding: wanted.adding ?? 1,
  });
}

/** As `requireRoom` without waiting: before work that would be in vain. It does not replace `requireRoom`. */
export async function expectRoom(
  reader: Reader,
  accountId: string,
  limit: LimitKind,
  wanted: RoomWanted = {},
): Promise<void> {
  refuseUnlessRoom(limit, await readLimit(reader, accountId, limit), {
    used: await limit.count(reader, accountId, wanted.owner),
    adding: wanted.adding ?? 1,
  });
}

function refuseUnlessRoom(
  limit: LimitKind,
  most: number,
  { used, adding }: { readonly used: number; readonly adding: number },
): void {
  if (used + adding > most) throw limit.refusal(fullText(limit, most, used));
}

/** Says what the limit is, how much of it is used, and what to do. */
export function fullText({ kind, what, per }: LimitKind, most: number, used: number): string {
  const article = /^[aeiou]/.test(per) ? 'An' : 'A';
  return `${article} ${per} has at most ${most} ${what} (limit ${kind}; used: ${used}). Remove some, or ask the operator for a higher limit.`;
}
