import { after } from 'node:test';
import type { Kysely } from 'kysely';
import { freshAddress } from '../../test/support/databases.ts';
import type { Actor, AuditEvent } from '../iam/actor.ts';
import type { Identity } from '../iam/identity.ts';
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
import { AccessDenied } from '../platform/errors.ts';
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

/** An enterprise project that every test account has, and one that none has. */
export const knownProject = '11111111-2222-3333-4444-555555555555';
export const unknownProject = '99999999-2222-3333-4444-555555555555';

/** An account that there is not. */
export const unknownAccount = 'f'.repeat(32);

interface AuditTables {
  test_audit: {
    account_id: string;
    principal_id: string;
    action: string;
    resource_id: string | null;
    detail: string | null;
  };
}

export const benchMigrations: Migrations = {
  ...settingsMigrations,
  ...kmsMigrations,
  ...jobsMigrations,
  ...migrations,
  'test-0001-audit': {
    async up(schema: Kysely<unknown>): Promise<void> {
      await schema.schema
        .createTable('test_audit')
        .addColumn('account_id', 'text')
        .addColumn('principal_id', 'text')
        .addColumn('action', 'text')
        .addColumn('resource_id', 'text')
        .addColumn('detail', 'text')
        .execute();
    },
  },
};

export interface Answer<Body> {
  readonly status: number;
  /** Undefined for an answer without a body, or with one that is not JSON. */
  readonly body: Body;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
}

export interface ApiError {
  readonly error_code: string;
  readonly error_msg: string;
}

export interface BenchAccount {
  readonly accountId: string;
  /** Sends a request as this account's user; `body` as it is if it is a string. */
  send<Body = ApiError>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Answer<Body>>;
  /** The same user, without permission for these actions; `<action>@<id>` is one in that enterprise project. */
  without(...actions: string[]): BenchAccount;
  /** Actions that were recorded, in order, and what they were done to. */
  audits(): Promise<AuditTables['test_audit'][]>;
}

export interface Bench {
  readonly database: Database;
  readonly clock: FixedClock;
  readonly keyStore: KeyStore;
  readonly jobs: Jobs;
  /** A new account, or one that another bench on the same database has. */
  account(accountId?: string): BenchAccount;
  /** Conditions that were asked about, latest last. */
  readonly asked: {
    readonly action: string;
    readonly resource: string | undefined;
    readonly conditions: object;
  }[];
}

function identityDouble(database: Database, asked: Bench['asked']): Identity {
  return {
    async authorize(actor, { action, aliases = [], resource, conditions = {} }) {
      asked.push({ action, resource, conditions });
      const denied = actor.principalName.split(',');
      const place = `@${conditions['g:EnterpriseProjectId']}`;
      if ([action, ...aliases].some((name) => denied.includes(name) || denied.includes(name + place)))
        throw new AccessDenied(action, `${action} is denied.`);
    },
    async recordAudit(transaction, actor, event: AuditEvent) {
      await transaction
        .tables<AuditTables>()
        .insertInto('test_audit')
        .values({
          account_id: actor.accountId,
          principal_id: actor.principalId,
          action: event.action,
          resource_id: event.resourceId ?? null,
          detail: event.detail ?? null,
        })
        .execute();
    },
    systemActor: (accountId, work) => actorOf(accountId, work, ''),
    enterpriseProjectExists: async (_accountId, id) => id === '0' || id === knownProject,
    projectExists: async () => database !== undefined,
  };
}

function actorOf(accountId: string, principalId: string, denied: string): Actor {
  return {
    kind: 'user',
    accountId,
    accountName: 'test',
    principalId,
    principalName: denied,
    isRoot: false,
    projectId: undefined,
    accessKeyId: undefined,
    sourceIp: undefined,
    requestId: 'test',
  } as Actor;
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
  const asked: Bench['asked'] = [];
  const identity = identityDouble(database, asked);
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
  const authenticate = async (request: { headers: Record<string, unknown>; actor: Actor }) => {
    const [accountId = '', denied = ''] = String(request.headers['x-auth-token']).split(' ');
    request.actor = actorOf(accountId, 'user', denied);
  };
  await registerApi(app, { ...apiErrors, authenticate, log }, privateCa.routes);
  const more = further?.(privateCa);
  if (more) await registerApi(app, { ...more.errors, authenticate, log }, more.routes);
  const client = (accountId: string, denied: string): BenchAccount => ({
    accountId,
    async send<Body>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown) {
      const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const headers = { 'x-auth-token': `${accountId} ${denied}`, 'content-type': 'application/json' };
      const answer = await app.inject({
        method,
        url,
        headers,
        ...(payload === undefined ? {} : { payload }),
      });
      const isJson = String(answer.headers['content-type']).startsWith('application/json');
      const parsed: unknown = isJson && answer.payload !== '' ? JSON.parse(answer.payload) : undefined;
      const { headers: received, rawPayload: bytes } = answer;
      return { status: answer.statusCode, body: parsed as Body, headers: received, bytes };
    },
    without: (...actions) => client(accountId, actions.join(',')),
    audits: () =>
      database
        .tables<AuditTables>()
        .selectFrom('test_audit')
        .selectAll()
        .where('account_id', '=', accountId)
        .execute(),
  });
  return {
    database,
    clock,
    keyStore,
    jobs,
    asked,
    account: (accountId = random.hexId()) => client(accountId, ''),
  };
}

/** One bench for a whole file of tests, each with accounts of its own; what depends on the engine is tested on both elsewhere. */
export async function openSqliteBench(quotas?: QuotaLimits, options: BenchOptions = {}): Promise<Bench> {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations: benchMigrations, log: silentLog });
  after(() => database.close());
  return openBench(database, { ...options, ...(quotas && { quotas }) });
}
