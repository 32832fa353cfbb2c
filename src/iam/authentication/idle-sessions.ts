import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Log } from '../../platform/log.ts';
import type { SecuritySettings } from '../security-policies/security-settings.ts';
import type { SessionTable } from '../tables.ts';
import { endSessions, noteSessionUse } from '../tokens/store.ts';

interface IdlePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly security: SecuritySettings;
}

const maximumSessions = 50_000;
/** Precision with which other nodes know of a use. A write per request would cost more than the request. */
const precisionMs = 60_000;

/**
 * Ends tokens that were not used for as long as the account's login policy says. Each node remembers uses exactly and writes
 * one a minute for the others, so an idle token ends up to a minute late and never early.
 */
export class IdleSessions {
  readonly #ports: IdlePorts;
  /** Last use and last written use, by the session's id. */
  readonly #uses = new LRUCache<string, { usedMs: number; writtenMs: number }>({ max: maximumSessions });

  constructor(ports: IdlePorts) {
    this.#ports = ports;
  }

  /**
   * Notes a use of the session; false if it is a token that was idle for too long and has ended. Temporary keys have an end of
   * their own, which is near.
   */
  async use(session: SessionTable): Promise<boolean> {
    const { sessionTimeout } = await this.#ports.security.of(session.account_id);
    if (sessionTimeout === undefined) return true;
    const nowMs = this.#ports.clock.nowMs();
    const writtenMs = session.last_used_at ?? session.issued_at;
    const known = this.#uses.get(session.session_id);
    const usedMs = Math.max(known?.usedMs ?? 0, writtenMs, sessionTimeout.sinceMs);
    if (session.use === 'bearer' && nowMs >= usedMs + sessionTimeout.ms + precisionMs) {
      await this.#end(session);
      return false;
    }
    const lastWrittenMs = Math.max(known?.writtenMs ?? 0, writtenMs);
    const isDue = nowMs >= lastWrittenMs + precisionMs;
    this.#uses.set(session.session_id, { usedMs: nowMs, writtenMs: isDue ? nowMs : lastWrittenMs });
    if (isDue) this.#write(session, nowMs);
    return true;
  }

  /** Ends a session and those derived from it for good: a longer time-out that is set later does not bring them back. */
  async #end(session: SessionTable): Promise<void> {
    const { session_id: sessionId, account_id: accountId } = session;
    await this.#ports.database.transaction((transaction) =>
      endSessions(transaction, { sessionId, accountId }),
    );
    this.#uses.delete(sessionId);
  }

  /** Nobody waits for it: the request does not depend on it. */
  #write(session: SessionTable, nowMs: number): void {
    this.#ports.database
      .transaction((transaction) => noteSessionUse(transaction, session.session_id, nowMs))
      .catch((error: unknown) => this.#ports.log.warn({ error }, 'the use of a token was not recorded'));
  }
}
