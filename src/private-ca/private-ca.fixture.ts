import { after } from 'node:test';
import { freshAddress } from '../../test/support/databases.ts';
import {
  type Asked,
  type AuditRow,
  auditMigrations,
  createIdentityDouble,
} from '../../test/support/identity-double.ts';
import { type InjectedAccount, injectedAccounts } from '../../test/support/injected-accounts.ts';
import { createJobs, type Jobs, jobsMigrations } from '../jobs/index.ts';
import {
  createKeyStore,
  type KeyStore,
  migrations as kmsMigrations,
  openMasterKey,
  type Token,
} from '../kms/index.ts';
import { FixedClock } from '../platform/clock.ts';
import { type Database, type Migrations, openDatabase, settingsMigrations } from '../platform/db/index.ts';
import { type ApiOptions, type ApiPlugin, createHttpApp, registerApi } from '../platform/http/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import {
  apiErrors,
  createPrivateCa,
  migrations,
  type Prices,
  type PrivateCa,
  type QuotaLimits,
} from './index.ts';

/** 2024-03-15T10:20:30.456Z: with a fraction of a second, which certificates do not have. */
export const testNowMs = Date.UTC(2024, 2, 15, 10, 20, 30, 456);

export { knownProject, unknownProject } from '../../test/support/identity-double.ts';
export type { Answer, ApiError } from '../../test/support/injected-accounts.ts';

/** An account that there is not. */
export const unknownAccount = 'f'.repeat(32);

export const benchMigrations: Migrations = {
  ...settingsMigrations,
  ...kmsMigrations,
  ...jobsMigrations,
  ...migrations,
  ...auditMigrations,
};

export interface BenchAccount extends Omit<InjectedAccount, 'without'> {
  without(...actions: string[]): BenchAccount;
  /** Actions that were recorded, in order, and what they were done to. */
  audits(): Promise<AuditRow[]>;
}

export interface Bench {
  readonly database: Database;
  readonly clock: FixedClock;
  readonly keyStore: KeyStore;
  readonly jobs: Jobs;
  /** A new account, or one that another bench on the same database has. */
  account(accountId?: string): BenchAccount;
  /** Conditions that were asked about, latest last. */
  readonly asked: Asked[];
}

/** What a bench has beside the usual. */
export interface BenchOptions {
  readonly quotas?: QuotaLimits;
  readonly token?: Token;
  /** Accounts that may use the HSM; every account if not given. */
  readonly hsmAccountNames?: readonly string[];
  readonly prices?: Prices;
  /** A further API that is served. */
  readonly further?: (privateCa: PrivateCa) => {
    readonly errors: Pick<ApiOptions, 'dialect' | 'invalid' | 'unknownError' | 'accessDenied'>;
    readonly routes: ApiPlugin;
  };
}

/** The capability on a database, with real keys and jobs; identity permits everything that it is not told to deny. */
export async function openBench(
  database: Database,
  { quotas, token, hsmAccountNames: accountNames, prices, further }: BenchOptions = {},
): Promise<Bench> {
  const clock = new FixedClock(testNowMs);
  const random = systemRandom;
  const log = silentLog;
  const source = {
    kind: 'environment',
    name: 'KEY',
    base64: Buffer.alloc(32, 7).toString('base64'),
  } as const;
  const masterKey = await openMasterKey({ database, clock, random, source });
  const jobs = createJobs({ database, clock, random, log });
  const keyStore = createKeyStore({ database, clock, random, log, masterKey, token, scheduler: jobs });
  const asked: Asked[] = [];
  const identity = createIdentityDouble(asked);
  const accountExists = async (id: string) => id !== unknownAccount;
  const hsm = token && { clusterId: token.clusterId, accountNames };
  const given = {
    database,
    clock,
    random,
    log,
    identity,
    keyStore,
    jobs,
    hsm,
    accountExists,
    ...(prices && { prices }),
  };
  const privateCa = createPrivateCa(quotas ? { ...given, quotas } : given);
  const handlers = { ...keyStore.jobHandlers, ...privateCa.jobHandlers };
  for (const [kind, handler] of Object.entries(handlers)) jobs.handle(kind, handler);
  const app = createHttpApp({ random, log });
  const { account: injected, authenticate } = injectedAccounts(app, random);
  await registerApi(app, { ...apiErrors, authenticate, log }, privateCa.routes);
  const more = further?.(privateCa);
  if (more) await registerApi(app, { ...more.errors, authenticate, log }, more.routes);
  const audits = (accountId: string) =>
    database
      .tables<{ test_audit: AuditRow }>()
      .selectFrom('test_audit')
      .selectAll()
      .where('account_id', '=', accountId)
      .execute();
  const withAudits = (account: InjectedAccount): BenchAccount => ({
    ...account,
    without: (...actions) => withAudits(account.without(...actions)),
    audits: () => audits(account.accountId),
  });
  return {
    database,
    clock,
    keyStore,
    jobs,
    asked,
    account: (accountId) => withAudits(injected(accountId)),
  };
}

/** One bench for a whole file of tests, each with accounts of its own; what depends on the engine is tested on both elsewhere. */
export async function openSqliteBench(quotas?: QuotaLimits, options: BenchOptions = {}): Promise<Bench> {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations: benchMigrations, log: silentLog });
  after(() => database.close());
  return openBench(database, { ...options, ...(quotas && { quotas }) });
}
