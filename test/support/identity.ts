import assert from 'node:assert/strict';
import type { FastifyInstance, FastifyRequest, InjectOptions } from 'fastify';
import { type Actor, type CreatedAccount, createIam, type Iam, type IamPorts } from '../../src/iam/index.ts';
import { FixedClock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/db/index.ts';
import { createHttpApp } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { memorySecretWrapper } from './secret-wrapper.ts';

/** 2025-11-28T09:30:00Z, when the clock of a test identity starts. */
export const testStartMs = Date.UTC(2025, 10, 28, 9, 30, 0);

/** Policies by display name (system policies) or as documents. */
export type TestPolicy = string | object;

export type TestAccount = CreatedAccount & { readonly accessKey: string; readonly secretKey: string };

export interface TestUser {
  readonly userId: string;
  readonly name: string;
  readonly password: string;
  readonly account: TestAccount;
  /** For X-Auth-Token; of the account's project. */
  readonly token: string;
  /** With what the policies grant at the moment of the call. */
  actor(): Promise<Actor>;
}

export interface TestIdentity {
  readonly iam: Iam;
  /** Serves identity; other services may be registered on it before the first request. */
  readonly app: FastifyInstance;
  readonly clock: FixedClock;
  /** Two accounts that must not see anything of each other; acme is the operator's. */
  readonly acme: TestUser;
  readonly globex: TestUser;
  /** A user of the root user's account, with these policies for the whole account. */
  addUser(root: TestUser, name: string, policies: readonly TestPolicy[]): Promise<TestUser>;
  /** Checks the status and answers the body, whose shape the caller states. */
  call<Answer>(user: TestUser, status: number, request: TestRequest): Promise<Answer>;
}

export type TestRequest = readonly [
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD',
  url: string,
  body?: object,
];

export const testCatalog: IamPorts['services'] = [
  { name: 'iam', type: 'iam', path: '/v3.0', global: true },
  { name: 'kms', type: 'kms', path: '/v1.0/$(project_id)s', global: false },
];

/** What an identity needs besides its database. */
export function testIamPorts(clock = new FixedClock(testStartMs)): Omit<IamPorts, 'database'> {
  return {
    clock,
    machineClock: clock,
    random: systemRandom,
    log: silentLog,
    secretWrapper: memorySecretWrapper(),
    publicUrl: 'https://openccm.test',
    services: testCatalog,
    passwordCost: { logN: 4, r: 8, p: 1 },
  };
}

/** An identity with two accounts, on a database whose migrations include those of iam. */
export async function createTestIdentity(
  database: Database,
  register: (app: FastifyInstance, iam: Iam) => Promise<void> = async () => {},
): Promise<TestIdentity> {
  const clock = new FixedClock(testStartMs);
  const iam = createIam({ ...testIamPorts(clock), database });
  const app = createHttpApp({ random: systemRandom, log: silentLog });
  await iam.register(app);
  await register(app, iam);

  const first = await iam.bootstrap({ accountName: 'acme', userName: 'root', projectName: 'cn-north-4' });
  assert.ok(first);
  const acme = await userOf(iam, app, withKey(first), first);
  const second = await iam.createAccount(await acme.actor(), {
    accountName: 'globex',
    projectName: 'cn-north-4',
  });
  const globex = await userOf(iam, app, withKey(second), second);
  const call: TestIdentity['call'] = (user, status, request) =>
    send(app, status, { 'x-auth-token': user.token }, request);
  return { iam, app, clock, acme, globex, call, addUser: (...args) => addUser(iam, app, call, ...args) };
}

/** Sends a request as it is, checks the status and answers the body. */
export async function send<Answer>(
  app: FastifyInstance,
  status: number,
  headers: Record<string, string>,
  [method, url, payload]: TestRequest,
): Promise<Answer> {
  const response = await app.inject({ method, url, headers, payload } as InjectOptions);
  assert.equal(response.statusCode, status, `${method} ${url}: ${response.body}`);
  return (response.body === '' ? undefined : response.json()) as Answer;
}

/** Asks the authentication of the identity who a token stands for. */
export async function actorOfToken(iam: Iam, token: string): Promise<Actor> {
  const request = {
    method: 'GET',
    raw: { url: '/' },
    headers: { 'x-auth-token': token },
    rawBody: Buffer.alloc(0),
    ip: '127.0.0.1',
    id: systemRandom.hexId(),
  } as unknown as FastifyRequest;
  await iam.authenticate((fault) => new Error(`the token is ${fault}`))(request);
  return request.actor;
}

/** A token of the account's project by password. */
export async function login(
  app: FastifyInstance,
  user: Pick<TestUser, 'name' | 'password' | 'account'>,
  scope: object | undefined = { project: { name: user.account.projectName } },
): Promise<string> {
  const { name, password, account } = user;
  const identity = {
    methods: ['password'],
    password: { user: { name, password, domain: { name: account.accountName } } },
  };
  const payload = { auth: { identity, ...(scope === undefined ? {} : { scope }) } };
  const response = await app.inject({ method: 'POST', url: '/v3/auth/tokens', payload });
  assert.equal(response.statusCode, 201, response.body);
  return String(response.headers['x-subject-token']);
}

/** The user with the token of a login without a project scope, as changes of own credentials need it. */
export async function inPerson({ app }: Pick<TestIdentity, 'app'>, user: TestUser): Promise<TestUser> {
  return { ...user, token: await login(app, user, { domain: { id: user.account.accountId } }) };
}

function withKey(account: CreatedAccount): TestAccount {
  const { accessKey, secretKey } = account;
  assert.ok(accessKey !== undefined && secretKey !== undefined);
  return { ...account, accessKey, secretKey };
}

async function userOf(
  iam: Iam,
  app: FastifyInstance,
  account: TestAccount,
  user: { readonly userId: string; readonly userName: string; readonly password: string },
): Promise<TestUser> {
  const { userId, userName: name, password } = user;
  const token = await login(app, { name, password, account });
  return { userId, name, password, account, token, actor: () => actorOfToken(iam, token) };
}

async function addUser(
  iam: Iam,
  app: FastifyInstance,
  call: TestIdentity['call'],
  root: TestUser,
  userName: string,
  policies: readonly TestPolicy[],
): Promise<TestUser> {
  const password = 'Correct-Horse-1';
  const { user } = await call<{ user: { id: string } }>(root, 201, [
    'POST',
    '/v3/users',
    { user: { name: userName, password } },
  ]);
  const { group } = await call<{ group: { id: string } }>(root, 201, [
    'POST',
    '/v3/groups',
    { group: { name: `${userName}-group` } },
  ]);
  await call(root, 204, ['PUT', `/v3/groups/${group.id}/users/${user.id}`]);
  for (const [index, policy] of policies.entries()) {
    const roleId = await roleIdOf(call, root, policy, `${userName} ${index}`);
    await call(root, 204, [
      'PUT',
      `/v3/domains/${root.account.accountId}/groups/${group.id}/roles/${roleId}`,
    ]);
  }
  return userOf(iam, app, root.account, { userId: user.id, userName, password });
}

async function roleIdOf(
  call: TestIdentity['call'],
  root: TestUser,
  policy: TestPolicy,
  name: string,
): Promise<string> {
  if (typeof policy !== 'string') {
    const role = { display_name: name, type: 'AX', description: 'for a test', policy };
    return (await call<{ role: { id: string } }>(root, 201, ['POST', '/v3.0/OS-ROLE/roles', { role }])).role
      .id;
  }
  const { roles } = await call<{ roles: { id: string; display_name: string }[] }>(root, 200, [
    'GET',
    `/v3/roles?display_name=${encodeURIComponent(policy)}`,
  ]);
  const found = roles.find((role) => role.display_name === policy);
  assert.ok(found, `there is no system policy ${policy}`);
  return found.id;
}
