import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Log } from '../../platform/log.ts';
import { newestAccessKeyUse } from '../access-keys/store.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { SecuritySettings } from '../security-policies/security-settings.ts';
import { systemActor } from '../system-actor.ts';
import type { UserTable } from '../tables.ts';
import { revokeSessions, updateUserRow } from '../users/store.ts';

interface IdlePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: AuditTrail;
  readonly security: SecuritySettings;
}

const dayMs = 24 * 60 * 60_000;
/** Precision of `last_active_at`. */
const precisionMs = 60 * 60_000;
const maximumUsers = 50_000;

/** Disables users that were not active for as long as the account's login policy says (`account_validity_period`). */
export class IdleUsers {
  readonly #ports: IdlePorts;
  /** When this node last wrote that the user is active. */
  readonly #written = new LRUCache<string, number>({ max: maximumUsers });

  constructor(ports: IdlePorts) {
    this.#ports = ports;
  }

  /** Called when an enabled user's credential is about to be used. True if the user was idle and is disabled now. */
  async disableIfIdle(user: UserTable): Promise<boolean> {
    const { accountValidityDays } = (await this.#ports.security.of(user.account_id)).login;
    if (accountValidityDays === 0 || user.is_root === 1) return false;
    const oldestMs = this.#ports.clock.nowMs() - accountValidityDays * dayMs;
    const knownMs = Math.max(user.created_at, user.last_login_at ?? 0, user.last_active_at ?? 0);
    if (knownMs > oldestMs) return false;
    // Keys that were used before activity was recorded.
    const keyUseMs = await newestAccessKeyUse(this.#ports.database, user.account_id, user.user_id);
    if (keyUseMs > oldestMs) return false;
    await this.#disable(user, accountValidityDays);
    return true;
  }

  /** Notes that the user has proved who it is. Nobody waits for the write. */
  noteActivity(accountId: string, userId: string): void {
    const nowMs = this.#ports.clock.nowMs();
    if ((this.#written.get(userId) ?? 0) > nowMs - precisionMs) return;
    this.#written.set(userId, nowMs);
    this.#ports.database
      .transaction((transaction) => updateUserRow(transaction, accountId, userId, { last_active_at: nowMs }))
      .catch((error: unknown) => this.#ports.log.warn({ error }, 'the activity of a user was not recorded'));
  }

  async #disable(user: UserTable, days: number): Promise<void> {
    const { account_id: accountId, user_id: userId } = user;
    await this.#ports.database.transaction(async (transaction) => {
      await updateUserRow(transaction, accountId, userId, {
        enabled: 0,
        updated_at: this.#ports.clock.nowMs(),
      });
      await revokeSessions(transaction, accountId, userId);
      await this.#ports.audit.record(transaction, systemActor(accountId, 'account validity'), {
        action: 'iam:users:disable',
        resourceType: 'user',
        resourceId: userId,
        resourceName: user.name,
        result: 'success',
        detail: `not active for ${days} days (account_validity_period)`,
      });
    });
  }
}
