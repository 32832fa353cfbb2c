import { after } from 'node:test';
import { freshAddress } from '../../test/support/databases.ts';
import {
  type Asked,
  type AuditRow,
  auditMigrations,
  createIdentityDouble,
  knownProject,
  unknownProject,
} from '../../test/support/identity-double.ts';
import type { Actor } from '../iam/actor.ts';
import type { Identity } from '../iam/identity.ts';
import { createJobs, type Jobs, jobsMigrations } from '../jobs/index.ts';
import { FixedClock } from '../platform/clock.ts';
import { type Database, type Migrations, openDatabase, settingsMigrations } from '../platform/db/index.ts';
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
  type Token,
} from './index.ts';

export const testNowMs = Date.UTC(2026, 2, 15, 10, 20, 30, 456);
export const dayMs = 86_400_000;
export const region = 'cn-north-4';

/** An enterprise project that every test account has, and an id of one that none has. */
export { knownProject as knownEnterpriseProject, unknownProject as unknownEnterpriseProject };
/** A principal that a grant cannot name. */
export const unknownPrincipal = 'f'.repeat(32);
/** A well-formed id that no key has. */
export const unknownKeyId = '00000000-0000-4000-8000-000000000000';

export const benchMigrations: Migrations = {
  ...settingsMigrations,
  ...migrations,
  ...jobsMigrations,
  ...auditMigrations,
};

/** Most answers are flat, and most of their members strings. */
export type Flat = Record<string, string>;

export interface Answer<Body = Flat> {
  readonly status: number;
  /** Undefined for an answer without a body. */
  readonly body: Body;
  /** `error_code`, empty without an error. */
  readonly code: string;
  /** `error_msg`, empty without an error. */
  readonly message: string;
}

type Method = 'GET' | 'POST' | 'DELETE' | 'PUT';

/** Somebody who sends requests to one project. */
export interface BenchUser {
  readonly accountId: string;
  readonly userId: string;
  readonly projectId: string;
  /** `path` follows `/v1.0/{project_id}/`; with `v2/` in front `/v2/{project_id}/`. */
  send<Body = Flat>(method: Method, path: string, body?: unknown): Promise<Answer<Body>>;
  /** `POST /v1.0/{project_id}/kms/{operation}`; fails the test unless the answer is 200, and gives its body. */
  call<Body = Flat>(operation: string, body?: unknown): Promise<Body>;
  /** As `call`, and gives the error code of the refusal. */
  refused(operation: string, body?: unknown): Promise<string>;
  /** A key of this user; its id. */
  createKey(fields?: object): Promise<string>;
  /** The same user, without permission for these actions. */
  without(...actions: string[]): BenchUser;
  /** The same user, to whom policies deny these actions explicitly. */
  denied(...actions: string[]): BenchUser;
  /** Another user of the account. */
  colleague(): BenchUser;
  /** The same user in another project of the account. */
  inProject(projectId: string): BenchUser;
  audits(): Promise<AuditRow[]>;
}

export interface Bench {
  readonly database: Database;
  readonly clock: FixedClock;
  readonly jobs: Jobs;
  readonly keyStore: RunningKeyStore;
  /** Actions, resources and conditions that were asked about, latest last. */
  readonly asked: Asked[];
  /** A user of a new account. */
  user(): BenchUser;
  /** The root user of a new account. */
  root(): BenchUser;
  /** Somebody of another node, here. */
  as(user: BenchUser): BenchUser;
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
    credential: {
      kind: 'token',
      methods: ['password'],
      isFullSession: true,
      signedInAtMs: 0,
      secondFactorAtMs: undefined,
    },
    sourceIp: undefined,
    requestId: 'test',
  };
}

function identityDouble(asked: Asked[]): Identity {
  return {
    ...createIdentityDouble(asked),
    // A project of an account begins with the first digits of the account's id.
    projectExists: async (accountId, projectId) => projectId.startsWith(accountId.slice(0, 8)),
  };
}

type Inject = (request: {
  method: Method;
  url: string;
  identification: Identification;
  body: unknown;
}) => Promise<Answer<unknown>>;

const urlOf = (projectId: string, path: string) =>
  path.startsWith('v2/') ? `/v2/${projectId}/${path.slice(3)}` : `/v1.0/${projectId}/${path}`;

function userOf(who: Identification, inject: Inject, database: Database): BenchUser {
  const { accountId, userId, projectId } = who;
  const user: BenchUser = {
    accountId,
    userId,
    projectId,
    async send<Body>(method: Method, path: string, body?: unknown) {
      const url = urlOf(projectId, path);
      return (await inject({ method, url, identification: who, body })) as Answer<Body>;
    },
    async call<Body>(operation: string, body: unknown = {}) {
      const answer = await user.send<Body>('POST', `kms/${operation}`, body);
      if (answer.status !== 200)
        throw new Error(`${operation} was answered ${answer.status} ${answer.code} ${answer.message}`);
      return answer.body;
    },
    async refused(operation, body = {}) {
      const { code, status } = await user.send('POST', `kms/${operation}`, body);
      return code === '' ? `not refused: ${status}` : code;
    },
    async createKey(fields = {}) {
      const keyAlias = `key-${systemRandom.uuid()}`;
      const answer = await user.call<{ key_info: Flat }>('create-key', { key_alias: keyAlias, ...fields });
      return answer.key_info.key_id!;
    },
    without: (...denied) => userOf({ ...who, denied }, inject, database),
    denied: (...actions) =>
      userOf({ ...who, denied: actions.map((action) => `!${action}`) }, inject, database),
    colleague: () => userOf({ ...who, userId: systemRandom.hexId(), isRoot: false }, inject, database),
    inProject: (id) => userOf({ ...who, projectId: id }, inject, database),
    audits: () =>
      database
        .tables<{ test_audit: AuditRow }>()
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
  /** An HSM. */
  readonly token?: Token;
}

/** The service on a database, with real keys and jobs; identity permits everything that it is not told to deny. */
export async function openBench(database: Database, options: BenchOptions = {}): Promise<Bench> {
  const { quotas, token, clock = new FixedClock(testNowMs) } = options;
  const base = { database, clock, random: systemRandom, log: silentLog };
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const masterKey = await openMasterKey({ ...base, source: { kind: 'environment', name: 'KEY', base64 } });
  const keyStore = createKeyStore({ ...base, masterKey });
  const jobs = createJobs(base);
  const asked: Asked[] = [];
  const kms = createKms({
    ...base,
    masterKey,
    keyStore,
    token,
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
    const parsed: { error?: Flat } | undefined =
      answer.payload === '' ? undefined : JSON.parse(answer.payload);
    const { error_code: code = '', error_msg: message = '' } = parsed?.error ?? {};
    return { status: answer.statusCode, body: parsed, code, message };
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
    as: ({ accountId, userId, projectId }) =>
      userOf({ accountId, userId, projectId, isRoot: false, denied: [] }, inject, database),
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
