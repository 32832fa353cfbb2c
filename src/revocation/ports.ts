import type { Identity, ServiceAgencies } from '../iam/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { KeyStore } from '../kms/index.ts';
import type { ObjectStorage } from '../object-storage/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { AuthorityRecords } from '../private-ca/index.ts';

/** What the private CA's port is made of: it is there before the private CA is. */
export interface PublicationPorts {
  readonly clock: Clock;
  readonly identity: Identity;
  readonly agencies: ServiceAgencies;
  readonly objectStorage: ObjectStorage;
  readonly jobs: Pick<Jobs, 'schedule' | 'cancel' | 'wake'>;
  /** As relying parties reach the plain listener, without a slash at the end. */
  readonly publicHttpUrl: string;
}

export interface RevocationPorts extends PublicationPorts {
  readonly database: Database;
  readonly random: Random;
  readonly log: Log;
  readonly keyStore: KeyStore;
  readonly records: AuthorityRecords;
}
