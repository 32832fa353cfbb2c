import type { Identity } from '../iam/identity.ts';
import type { KeyStore } from '../kms/key-store.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { QuotaStore } from './quota.ts';

/** Work that time starts, as this capability hands it over. */
export interface ScheduledWork {
  readonly kind: string;
  /** One piece of work per kind and key. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly dueMs: number;
  readonly payload: Readonly<Record<string, string>>;
  readonly accountId: string;
}

/** A row in the caller's transaction, so the work is scheduled exactly if what asks for it is committed. */
export interface Schedule {
  schedule(transaction: Transaction, work: ScheduledWork): Promise<void>;
}

export interface PrivateCaPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly identity: Identity;
  readonly keyStore: KeyStore;
  readonly jobs: Schedule;
  readonly quotas: QuotaStore;
}
