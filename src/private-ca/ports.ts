import type { Identity } from '../iam/identity.ts';
import type { Scheduler } from '../jobs/index.ts';
import type { KeyStore } from '../kms/key-store.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Prices } from './orders/prices.ts';
import type { QuotaStore } from './quota-store.ts';
import type { RevocationPort } from './revocation-port.ts';

/** The HSM cluster in which keys of CAs can be. */
export interface HsmCluster {
  readonly clusterId: string;
  /** Accounts that may use it (the reference's whitelist); undefined: all. */
  readonly accountNames: readonly string[] | undefined;
}

export interface PrivateCaPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly identity: Identity;
  readonly keyStore: KeyStore;
  readonly jobs: Pick<Scheduler, 'schedule' | 'cancel'>;
  readonly quotas: QuotaStore;
  /** With whom a CA may be shared; left out: with nobody. */
  readonly accountExists?: (accountId: string) => Promise<boolean>;
  /** Left out: there is none. */
  readonly hsm?: HsmCluster | undefined;
  /** Where the HSM cluster is. */
  readonly region?: string;
  /** Of yearly/monthly CAs; left out: they cost nothing. */
  readonly prices?: Prices;
  /** Left out: nobody is told what is revoked. */
  readonly revocation?: RevocationPort;
}
