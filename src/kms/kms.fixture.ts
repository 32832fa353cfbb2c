import { after } from 'node:test';
import type { Kysely } from 'kysely';
import { freshAddress } from '../../test/support/databases.ts';
import type { Actor, AuditEvent } from '../iam/actor.ts';
import type { Identity } from '../iam/identity.ts';
import { createJobs, type Jobs, jobsMigrations } from '../jobs/index.ts';
import { FixedClock } from '../platform/clock.ts';
import { type Database, type Migrations, openDatabase, settingsMigrations } from '../platform/db/index.ts';
import { AccessDenied } from '../platform/errors.ts';
import { createHttpApp, registerApi } from '../platform/http/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import {
  apiErrors,
  createKeyStore,
  createKms,
  type KmsQuotas,
  migrations,
  openMasterKey,
  type RunningKeyStore,
} from './index.ts';

export const testNowMs = Date.UTC(2026, 2, 15, 10, 20, 30, 456);
export const dayMs = 86_400_000;
export const region = 'cn-north-4';

/** An enterprise project that every test account has, and an id of one that none has. */
export const knownEnterpriseProject = '11111111-2222-3333-4444-555555555555';
export const unknownEnterpriseProject = '99999999-2222-3333-4444-555555555555';
/** A principal that a grant cannot name. */
export const unknownPrincipal = 'f'.repeat(32);
/** A well-formed id that no key has. */
export const unknownKeyId = '00000000-0000-4000-8000-000000000000';

interface AuditTables {
  test_audit: {
    account_id: string;
    principal_id: string;
    action: string;
    resource_id: string | null;
    result: string;
    detail: string | null;
  };
}

export const benchMigrations: Migrations = {
  ...settingsMigrations,
  ...migrations,
  ...jobsMigrations,
  'test-0001-audit': {
    async up(schema: Kysely<unknown>): Promise<void> {
      await schema.schema
        .createTable('test_audit')
        .addColumn('account_id', 'text')
        .addColumn('principal_id', 'text')
        .addColumn('action', 'text')
        .addColumn('resource_id', 'text')
        .addColumn('result', 'text')
        .addColumn('detail', 'text')
        .execute();
    },
  },
};

/** Answers as tests read them: fields are checked by value, so their types are not. */
// biome-ignore lint/suspicious/noExplicitAny: the tests assert on what is in it
export type Json = any;

export interface Answer {
  readonly status: number;
  /** Undefined for an answer without a body. */
  readonly body: Json;
  /** `error_code`, empty without an error. */
  readonly code: string;
}

/** Somebody who sends requests to one project. */
export interface BenchUser {
  readonly accountId: string;
  readonly userId: string;
  readonly projectId: string;
  /** `path` follows `/v1.0/{project_id}/`. */
  send(method: 'GET' | 'POST' | 'DELETE' | 'PUT', path: string, body?: unknown): Promise<Answer>;
  /** `POST /v1.0/{project_id}/kms/{operation}`; fails the test unless the answer is 200, and gives its body. */
  call(operation: string, body?: unknown): Promise<Json>;
  /** As `call`, and gives the error code of the refusal. */
  refused(operation: string, body?: unknown): Promise<string>;
  /** A key of this user; its id. */
  createKey(fields?: object): Promise<string>;
  /** The same user, without permission for these actions. */
  without(...actions: string[]): BenchUser;
  /** Another user of the account. */
  colleague(): BenchUser;
  /** The same user in another project of the account. */
  inProject(projectId: string): BenchUser;
  audits(): Promise<AuditTables['test_audit'][]>;
}

export interface Bench {
  readonly database: Database;
  readonly clock: FixedClock;
  readonly jobs: Jobs;
  readonly keyStore: RunningKeyStore;
  /** Actions, resources and conditions that were asked about, latest last. */
  readonly asked: { action: string; resource: string | undefined; conditions: Json }[];
  /** A user of a new account. */
  user(): BenchUser;
  /** The root user of a new account. */
  root(): BenchUser;
  /** A second node on the same database, with caches of its own. */
  secondNode(): Promise<Bench>;
}

interface Identification {
  readonly accountId: string;
  readonly userId: string;
  readonly projectId: string;
  readonly isRoot: boolean;
  readonly denied: readonly string[];
}

function actorOf({ accountId, userId, projectId, isRoot, denied }: Identification): Actor {
  return {
    kind: 'user',
    accountId,
    accountName: 'test',
    principalId: userId,
    principalName: denied.join(','),
    isRoot,
    projectId: projectId === '' ? undefined : projectId,
    accessKeyId: undefined,
    sourceIp: undefined,
    requestId: 'test',
  };
}

const noProject = { projectId: '', isRoot: false, denied: [] };

function identityDouble(asked: Bench['asked']): Identity {
  return {
    async authorize(actor, { action, aliases = [], resource, conditions = {} }) {
      asked.push({ action, resource, conditions });
      const denied = actor.principalName.split(',');
      if ([action, ...aliases].some((name) => denied.includes(name)))
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
          result: event.result,
          detail: event.detail ?? null,
        })
        .execute();
    },
    systemActor: (accountId, work) => actorOf({ ...noProject, accountId, userId: work }),
    enterpriseProjectExists: async (_accountId, id) => id === '0' || id === knownEnterpriseProject,
    // A project of an account begins with the first digits of the account's id.
    projectExists: async (accountId, projectId) => projectId.startsWith(accountId.slice(0, 8)),
  };
}

type Inject = (request: {
  method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  url: string;
  identification: Identification;
  body: unknown;
}) => Promise<Answer>;

function userOf(who: Identification, inject: Inject, database: Database): BenchUser {
  const { accountId, userId, projectId } = who;
  const user: BenchUser = {
    accountId,
    userId,
    projectId,
    send: (method, path, body) =>
      inject({ method, url: `/v1.0/${projectId}/${path}`, identification: who, body }),
    async call(operation, body = {}) {
      const { status, body: answer } = await user.send('POST', `kms/${operation}`, body);
      if (status !== 200) throw new Error(`${operation} was answered ${status} ${JSON.stringify(answer)}`);
      return answer;
    },
    async refused(operation, body = {}) {
      const { code, status } = await user.send('POST', `kms/${operation}`, body);
      return code === '' ? `not refused: ${status}` : code;
    },
    async createKey(fields = {}) {
      const keyAlias = `key-${systemRandom.uuid()}`;
      return (await user.call('create-key', { key_alias: keyAlias, ...fields })).key_info.key_id;
    },
    without: (...denied) => userOf({ ...who, denied }, inject, database),
    colleague: () => userOf({ ...who, userId: systemRandom.hexId(), isRoot: false }, inject, database),
    inProject: (id) => userOf({ ...who, projectId: id }, inject, database),
    audits: () =>
      database
        .tables<AuditTables>()
        .selectFrom('test_audit')
        .selectAll()
        .where('account_id', '=', accountId)
        .execute(),
  };
  return user;
}

export interface BenchOptions {
  readonly quotas?: KmsQuotas;
  readonly clock?: FixedClock;
}

/** The service on a database, with real keys and jobs; identity permits everything that it is not told to deny. */
export async function openBench(database: Database, options: BenchOptions = {}): Promise<Bench> {
  const { quotas, clock = new FixedClock(testNowMs) } = options;
  const base = { database, clock, random: systemRandom, log: silentLog };
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const masterKey = await openMasterKey({ ...base, source: { kind: 'environment', name: 'KEY', base64 } });
  const keyStore = createKeyStore({ ...base, masterKey });
  const jobs = createJobs(base);
  const asked: Bench['asked'] = [];
  const kms = createKms({
    ...base,
    masterKey,
    keyStore,
    identity: identityDouble(asked),
    scheduler: jobs,
    principalExists: async (_type, id) => id !== unknownPrincipal,
    region,
    ...(quotas && { quotas }),
  });
  for (const [kind, handler] of Object.entries(kms.jobHandlers)) jobs.handle(kind, handler);
  const app = createHttpApp({ random: systemRandom, log: silentLog });
  const authenticate = async (request: { headers: Record<string, unknown>; actor: Actor }) => {
    request.actor = actorOf(JSON.parse(String(request.headers['x-auth-token'])));
  };
  await registerApi(app, { ...apiErrors, authenticate, log: silentLog }, kms.routes);
  await registerApi(app, { ...apiErrors, log: silentLog }, kms.openRoutes('https://kms.test'));

  const inject: Inject = async ({ method, url, identification, body }) => {
    const headers = { 'x-auth-token': JSON.stringify(identification), 'content-type': 'application/json' };
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await app.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
    const parsed: Json = answer.payload === '' ? undefined : JSON.parse(answer.payload);
    return { status: answer.statusCode, body: parsed, code: parsed?.error?.error_code ?? '' };
  };
  const newUser = (isRoot: boolean) => {
    const accountId = systemRandom.hexId();
    const projectId = accountId.slice(0, 8) + systemRandom.hexId().slice(8);
    const userId = systemRandom.hexId();
    return userOf({ accountId, userId, projectId, isRoot, denied: [] }, inject, database);
  };
  return {
    database,
    clock,
    jobs,
    keyStore,
    asked,
    user: () => newUser(false),
    root: () => newUser(true),
    secondNode: () => openBench(database, { ...options, clock }),
  };
}

/** One bench for a whole file of tests, each with accounts of its own; what depends on the engine is tested on both elsewhere. */
export async function openSqliteBench(options: BenchOptions = {}): Promise<Bench> {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations: benchMigrations, log: silentLog });
  after(() => database.close());
  return openBench(database, options);
}
