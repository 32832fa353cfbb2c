import { insertIfAbsent, type Transaction } from '../../../platform/db/index.ts';
import type { IamTables } from '../../tables.ts';

/** False if it is there already. */
export function insertUsedChallenge(
  transaction: Transaction,
  challengeHash: string,
  expiresAt: number,
): Promise<boolean> {
  return insertIfAbsent(
    transaction
      .tables<IamTables>()
      .insertInto('used_challenges')
      .values({ challenge_hash: challengeHash, expires_at: expiresAt })
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** Removes the challenges that have ended anyway. */
export async function deleteExpiredChallenges(transaction: Transaction, nowMs: number): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('used_challenges')
    .where('expires_at', '<=', nowMs)
    .execute();
}
