import { after } from 'node:test';
import { freshAddress } from '../../test/support/databases.ts';
import { type AuditRow, auditMigrations, createIdentityDouble } from '../../test/support/identity-double.ts';
import { type InjectedAccount, injectedAccounts } from '../../test/support/injected-accounts.ts';
import { createJobs, type Jobs, jobsMigrations } from '../jobs/index.ts';
import { createKeyStore, type KeyStore, migrations as kmsMigrations, openMasterKey } from '../kms/index.ts';
import { FixedClock } from '../platform/clock.ts';
import { type Database, type Migrations, openDatabase, settingsMigrations } from '../platform/db/index.ts';
import { createHttpApp, registerApi } from '../platform/http/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import { apiErrors, createSslCertificates, migrations, type SslCertificatesPorts } from './index.ts';

/** 2024-03-15T10:20:30.456Z: with a fraction of a second, which certificates do not have. */
export const testNowMs = Date.UTC(2024, 2, 15, 10, 20, 30, 456);

export const benchMigrations: Migrations = {
  ...settingsMigrations,
  ...kmsMigrations,
  ...jobsMigrations,
  ...migrations,
  ...auditMigrations,
};

export interface Bench {
  readonly database: Database;
  readonly clock: FixedClock;
  readonly keyStore: KeyStore;
  readonly jobs: Jobs;
  /** What the verbs get, for those that are called directly. */
  readonly ports: SslCertificatesPorts;
  /** As a start of the server does. */
  readonly ensureJobs: () => Promise<void>;
  /** A new account, or one that another bench on the same database has. */
  account(accountId?: string): InjectedAccount;
  audits(accountId: string): Promise<AuditRow[]>;
}

/** What a bench has instead of the world outside: none of it answers unless it is given. */
export type BenchOutside = Partial<
  Pick<
    SslCertificatesPorts,
    'issuers' | 'validators' | 'targets' | 'mailer' | 'outbound' | 'configuration' | 'identity'
  >
>;

/** A part of the outside world that a test did not expect to be asked. */
function absent<Port extends object>(name: string): Port {
  return new Proxy({} as Port, {
    get(_target, property) {
      throw new Error(`${name}.${String(property)} was asked`);
    },
  });
}

/** The capability on a database, with real keys and jobs; identity permits everything that it is not told to deny. */
export async function openBench(database: Database, outside: BenchOutside = {}): Promise<Bench> {
  const clock = new FixedClock(testNowMs);
  const random = systemRandom;
  const log = silentLog;
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const source = { kind: 'environment', name: 'KEY', base64 } as const;
  const masterKey = await openMasterKey({ database, clock, random, source });
  const jobs = createJobs({ database, clock, random, log });
  const keyStore = createKeyStore({
    database,
    clock,
    random,
    log,
    masterKey,
    token: undefined,
    scheduler: jobs,
  });
  const ports: SslCertificatesPorts = {
    database,
    clock,
    machineClock: clock,
    random,
    log,
    identity: createIdentityDouble(),
    keyStore,
    jobs,
    outbound: absent('outbound'),
    configuration: {},
    issuers: absent('issuers'),
    validators: absent('validators'),
    targets: absent('targets'),
    mailer: undefined,
    publicUrl: 'https://ccm.example.test',
    ...outside,
  };
  const sslCertificates = createSslCertificates(ports);
  const handlers = { ...keyStore.jobHandlers, ...sslCertificates.jobHandlers };
  for (const [kind, handler] of Object.entries(handlers)) jobs.handle(kind, handler);
  const { ensureJobs } = sslCertificates;
  const app = createHttpApp({ random, log });
  const accounts = injectedAccounts(app, random);
  await registerApi(app, { ...apiErrors, authenticate: accounts.authenticate, log }, sslCertificates.routes);
  const audits = (accountId: string) =>
    database
      .tables<{ test_audit: AuditRow }>()
      .selectFrom('test_audit')
      .selectAll()
      .where('account_id', '=', accountId)
      .execute();
  return { database, clock, keyStore, jobs, ports, ensureJobs, account: accounts.account, audits };
}

/** One bench for a whole file of tests, each with accounts of its own; what depends on the engine is tested on both elsewhere. */
export async function openSqliteBench(outside: BenchOutside = {}): Promise<Bench> {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations: benchMigrations, log: silentLog });
  after(() => database.close());
  return openBench(database, outside);
}
