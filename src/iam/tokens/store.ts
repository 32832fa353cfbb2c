import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables, SessionTable, UserTable } from '../tables.ts';
import { providerReference, sessionIdOf, sessionReference } from './session-parent.ts';

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

/**
 * Writes when a session was used, which is a use of what it is derived from too. An earlier time that another node writes later
 * does not count.
 */
export async function noteSessionUse(
  transaction: Transaction,
  sessionId: string,
  usedMs: number,
): Promise<void> {
  let used: string | undefined = sessionId;
  while (used !== undefined) {
    const row: Pick<SessionTable, 'parent'> | undefined = await transaction
      .tables<IamTables>()
      .updateTable('sessions')
      .set({ last_used_at: usedMs })
      .where('session_id', '=', used)
      .where((columns) =>
        columns.or([columns('last_used_at', 'is', null), columns('last_used_at', '<', usedMs)]),
      )
      .returning('parent')
      .executeTakeFirst();
    used = sessionIdOf(row?.parent ?? null);
  }
}

/** Those that the same user has, or the same federated user, or the same caller of an agency. */
function sessionsOfHolder(reader: Reader, holder: SessionTable) {
  const { principal_kind, principal_id, federated_name: name, assumed_by: caller } = holder;
  const sessions = reader
    .tables<IamTables>()
    .selectFrom('sessions')
    .where('principal_id', '=', principal_id)
    .where('principal_kind', '=', principal_kind);
  const named =
    name === null
      ? sessions.where('federated_name', 'is', null)
      : sessions.where('federated_name', '=', name);
  return caller === null ? named.where('assumed_by', 'is', null) : named.where('assumed_by', '=', caller);
}

export async function countSessionsOf(reader: Reader, holder: SessionTable): Promise<number> {
  const { total } = await sessionsOfHolder(reader, holder)
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
}

/** Ids of at most so many sessions of the holder, the oldest first. */
export async function oldestSessionsOf(
  reader: Reader,
  holder: SessionTable,
  most: number,
): Promise<string[]> {
  const rows = await sessionsOfHolder(reader, holder)
    .select('session_id')
    .orderBy('issued_at')
    .orderBy('session_id')
    .limit(most)
    .execute();
  return rows.map(({ session_id }) => session_id);
}

/** Ids of the sessions that this one is derived from, at any depth. */
export async function ancestorsOf(
  reader: Reader,
  { parent }: Pick<SessionTable, 'parent'>,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let id = sessionIdOf(parent);
  while (id !== undefined && !ids.has(id)) {
    ids.add(id);
    const row = await reader
      .tables<IamTables>()
      .selectFrom('sessions')
      .select('parent')
      .where('session_id', '=', id)
      .executeTakeFirst();
    id = sessionIdOf(row?.parent ?? null);
  }
  return ids;
}

/** All that may still be used of what the user logged in, derived or assumed; the latest first. */
export function findSessionsOfUser(
  reader: Reader,
  user: Pick<UserTable, 'user_id' | 'credentials_version'>,
  nowMs: number,
): Promise<SessionTable[]> {
  return reader
    .tables<IamTables>()
    .selectFrom('sessions')
    .selectAll()
    .where((columns) =>
      columns.or([
        columns.and([columns('principal_id', '=', user.user_id), columns('principal_kind', '=', 'user')]),
        columns('assumed_by', '=', user.user_id),
      ]),
    )
    .where('credentials_version', '=', user.credentials_version)
    .where('expires_at', '>', nowMs)
    .orderBy('issued_at', 'desc')
    .orderBy('session_id')
    .execute();
}

/** Expired sessions that are deleted by one statement: more would hold up others, and a statement has a deadline. */
export const expiredPageSize = 1_000;

/** Deletes a page of expired sessions, which are refused whether they are still stored or not; returns their number. */
export async function deleteExpiredSessions(transaction: Transaction, nowMs: number): Promise<number> {
  const sessions = transaction.tables<IamTables>();
  const page = sessions
    .selectFrom('sessions')
    .select('token_hash')
    .where('expires_at', '<=', nowMs)
    .limit(expiredPageSize);
  const result = await sessions.deleteFrom('sessions').where('token_hash', 'in', page).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/**
 * Keeps the session as it is until the end of the transaction; false if it has ended. An update of nothing locks a row on every
 * engine.
 */
export async function lockSession(
  transaction: Transaction,
  sessionId: string,
  nowMs: number,
): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .updateTable('sessions')
    .set((columns) => ({ expires_at: columns.ref('expires_at') }))
    .where('session_id', '=', sessionId)
    .where('expires_at', '>', nowMs)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Each is a bound parameter, and engines limit those. */
const parentsAtOnce = 500;

/** Ends what was derived from the parents, at any depth. The parents themselves are ended or locked before. */
export async function endDerivedSessions(
  transaction: Transaction,
  parents: readonly string[],
): Promise<void> {
  let level = parents;
  while (level.length > 0) {
    const ended: string[] = [];
    for (let from = 0; from < level.length; from += parentsAtOnce) {
      const rows = await transaction
        .tables<IamTables>()
        .deleteFrom('sessions')
        .where('parent', 'in', level.slice(from, from + parentsAtOnce))
        .returning('session_id')
        .execute();
      for (const { session_id } of rows) ended.push(sessionReference(session_id));
    }
    level = ended;
  }
}

/** Which sessions are meant; each is a query by an index. */
export type SessionSelection =
  | { readonly sessionId: string; readonly accountId: string }
  | { readonly kind: SessionTable['principal_kind']; readonly principalId: string };

/** Ends the selected sessions and all that was derived from them; answers how many were selected. */
export async function endSessions(transaction: Transaction, selection: SessionSelection): Promise<number> {
  const deletion = transaction.tables<IamTables>().deleteFrom('sessions');
  const selected =
    'sessionId' in selection
      ? deletion.where('session_id', '=', selection.sessionId).where('account_id', '=', selection.accountId)
      : deletion
          .where('principal_kind', '=', selection.kind)
          .where('principal_id', '=', selection.principalId);
  const rows = await selected.returning('session_id').execute();
  await endDerivedSessions(
    transaction,
    rows.map(({ session_id }) => sessionReference(session_id)),
  );
  return rows.length;
}

/** Ends the user's sessions that an identity provider vouched for, and all that was derived from them. */
export async function endVouchedSessions(transaction: Transaction, userId: string): Promise<void> {
  const rows = await transaction
    .tables<IamTables>()
    .deleteFrom('sessions')
    .where('principal_kind', '=', 'user')
    .where('principal_id', '=', userId)
    .where('parent', 'like', `${providerReference('')}%`)
    .returning('session_id')
    .execute();
  await endDerivedSessions(
    transaction,
    rows.map(({ session_id }) => sessionReference(session_id)),
  );
}

/** Notes that the session has just proved a second factor. False if it has ended. */
export async function markSecondFactor(
  transaction: Transaction,
  accountId: string,
  tokenHash: string,
  nowMs: number,
): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .updateTable('sessions')
    .set({ second_factor_at: nowMs })
    .where('account_id', '=', accountId)
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
