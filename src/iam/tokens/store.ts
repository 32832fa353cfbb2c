import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables, SessionTable } from '../tables.ts';

export function findSession(reader: Reader, tokenHash: string): Promise<SessionTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('sessions')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
}

export function findSessionByAccessKey(reader: Reader, accessKey: string): Promise<SessionTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('sessions')
    .selectAll()
    .where('access_key', '=', accessKey)
    .executeTakeFirst();
}

export async function insertSession(transaction: Transaction, session: SessionTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('sessions').values(session).execute();
}

export async function deleteSession(transaction: Transaction, tokenHash: string): Promise<void> {
  await transaction.tables<IamTables>().deleteFrom('sessions').where('token_hash', '=', tokenHash).execute();
}

/** How many were removed; expired sessions are refused whether they are still stored or not. */
export async function deleteExpiredSessions(transaction: Transaction, nowMs: number): Promise<number> {
  const result = await transaction
    .tables<IamTables>()
    .deleteFrom('sessions')
    .where('expires_at', '<=', nowMs)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
