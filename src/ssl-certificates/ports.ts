import type { Identity } from '../iam/identity.ts';
import type { Jobs } from '../jobs/index.ts';
import type { KeyStore } from '../kms/key-store.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { Random } from '../platform/random.ts';
import type { SslConfiguration } from './configuration.ts';
import type { Issuers } from './issuers/issuer.ts';
import type { Mailer } from './mail/mailer.ts';
import type { Targets } from './targets/target.ts';
import type { Validators } from './validators/validator.ts';

/** What every verb of this capability may use. */
export interface SslCertificatesPorts {
  readonly database: Database;
  readonly clock: Clock;
  /** The machine's own time: who is asked elsewhere refuses signatures that are off by minutes. */
  readonly machineClock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly identity: Identity;
  readonly keyStore: KeyStore;
  readonly jobs: Pick<Jobs, 'schedule' | 'ensure' | 'cancel' | 'wake'>;
  readonly outbound: Outbound;
  readonly configuration: SslConfiguration;
  readonly issuers: Issuers;
  readonly validators: Validators;
  readonly targets: Targets;
  /** Undefined: no SMTP server is configured. */
  readonly mailer: Mailer | undefined;
  /** As people reach this server, without a slash at the end. */
  readonly publicUrl: string;
}
