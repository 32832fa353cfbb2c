import type { Identity } from '../iam/identity.ts';
import type { Dependent } from '../iam/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { ObjectStore } from './object-store.ts';

/** What changing buckets needs, whoever does it. */
export interface BucketPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly identity: Pick<Identity, 'recordAudit'>;
  readonly store: ObjectStore;
}

/** With which an actor of an account asks for it. */
export interface ObjectStoragePorts extends BucketPorts {
  readonly identity: Pick<Identity, 'authorize' | 'recordAudit'>;
  /** Rows of other capabilities that need a bucket. */
  readonly dependents?: readonly Dependent[];
}
