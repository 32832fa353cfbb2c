import type { Database } from '../../platform/db/index.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { systemActor } from '../system-actor.ts';
import { findUsers, revokeSessions } from '../users/store.ts';
import { deleteFactorRows } from './factor-store.ts';

/**
 * Removes every second factor of a user, the login protection and all sessions. For the operator's shell: who lost the factors of a
 * root user has no one else to ask. False if the account has no such user.
 */
export function resetSecondFactors(
  { database, audit }: { readonly database: Database; readonly audit: AuditTrail },
  accountId: string,
  userName: string,
): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const [user] = await findUsers(transaction, accountId, { name: userName });
    if (!user) return false;
    await deleteFactorRows(transaction, accountId, user.user_id);
    await revokeSessions(transaction, accountId, user.user_id);
    await audit.record(transaction, systemActor(accountId, 'operator'), {
      action: 'iam:mfa:reset',
      resourceType: 'user',
      resourceId: user.user_id,
      resourceName: user.name,
      result: 'success',
    });
    return true;
  });
}
