import type { Identity } from '../iam/identity.ts';
import type { Scheduler } from '../jobs/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/database.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { MasterKeyRing } from './at-rest/master-key-ring.ts';
import type { WrapsSecrets } from './at-rest/secret-wrapper.ts';
import type { KeyDirectory } from './key-directory.ts';
import type { KeyMaterials } from './key-materials.ts';
import type { RunningKeyStore } from './providers/create-key-store.ts';
import type { Token } from './providers/pkcs11/index.ts';

export interface KmsQuotas {
  /** Customer keys of an account in one project. */
  readonly keys: number;
  readonly grantsPerKey: number;
}

export const defaultQuotas: KmsQuotas = { keys: 100, grantsPerKey: 100 };

/** What the service needs from outside. */
export interface KmsPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly identity: Identity;
  readonly scheduler: Scheduler;
  readonly masterKey: MasterKeyRing;
  /** The HSM, if one is configured. */
  readonly token?: Token | undefined;
  readonly keyStore: Pick<RunningKeyStore, 'takeRsaKeyPair'>;
  /** Whether there is a user (or account, for `domain`) of that id, in any account: whom a grant may name. */
  readonly principalExists: (type: 'user' | 'domain', principalId: string) => Promise<boolean>;
  /** The region's name, such as cn-north-4: it stands in alias URNs and as realm of keys. */
  readonly region: string;
  readonly quotas?: KmsQuotas;
}

/** What every verb of this capability works with. */
export interface KmsContext extends KmsPorts {
  readonly quotas: KmsQuotas;
  readonly directory: KeyDirectory;
  readonly materials: KeyMaterials;
  /** Seals what the service itself gives out or keeps, such as import tokens. */
  readonly secrets: WrapsSecrets;
}
