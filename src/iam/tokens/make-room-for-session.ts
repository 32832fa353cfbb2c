import type { Transaction } from '../../platform/db/index.ts';
import { sessionLimit } from '../limits/iam-limits.ts';
import { readLimit } from '../limits/limit-store.ts';
import type { SessionTable } from '../tables.ts';
import { ancestorsOf, countSessionsOf, endSessions, oldestSessionsOf } from './store.ts';

/** Several at once, so that a holder at the limit does not pay for it with each login. */
const endedAtOnce = 10;

/**
 * Ends the oldest sessions of the same holder when it has as many as it may. A login is not refused for it: scripts that sign in
 * again and again would shut their users out. What the new session is derived from stays.
 */
export async function makeRoomForSession(transaction: Transaction, session: SessionTable): Promise<void> {
  const limit = await readLimit(transaction, session.account_id, sessionLimit);
  const used = await countSessionsOf(transaction, session);
  if (used < limit) return;
  const needed = await ancestorsOf(transaction, session);
  const oldest = await oldestSessionsOf(transaction, session, used - limit + endedAtOnce + needed.size);
  for (const sessionId of oldest.filter((each) => !needed.has(each)).slice(0, used - limit + endedAtOnce))
    await endSessions(transaction, { sessionId, accountId: session.account_id });
}
