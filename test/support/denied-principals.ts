import { generateKeyPairSync, sign } from 'node:crypto';
import { signRequest } from '../../src/iam/index.ts';
import { type Answer, type ApiClient, clientWith, type ReachableServer } from './api-client.ts';

const password = 'Correct-Horse-1';
const provider = '/v3/OS-FEDERATION/identity_providers/denied';
const mapping = '/v3/OS-FEDERATION/mappings/denied';
const oidcConfig = '/v3.0/OS-FEDERATION/identity-providers/denied/openid-connect-config';
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Who is refused: a principal that a policy denies something in one place, with one kind of credential. */
export interface DeniedCaller {
  /** Such as `a user's domain token, denied on project`. */
  readonly description: string;
  send(method: string, path: string, body?: unknown): Promise<Answer>;
  close(): void;
}

/** The account, its root user, and whom its agencies trust. */
export interface DeniedAccount {
  readonly server: ReachableServer;
  readonly root: ApiClient;
  readonly accountId: string;
  readonly accountName: string;
  readonly projectId: string;
  /** The root user of another account. */
  readonly trusted: { readonly client: ApiClient; readonly accountName: string };
  /** A policy that allows everything, and one that denies what the test says. */
  readonly allowingId: string;
  readonly denyingId: string;
}

type PlaceKind =
  | 'domain'
  | 'project'
  | 'all projects'
  | 'enterprise project'
  | 'enterprise project, to the user';

interface Place {
  readonly kind: PlaceKind;
  /** The path of a role for this group or agency; undefined where there is none. */
  group?(groupId: string, roleId: string): string;
  agency?(agencyId: string, roleId: string): string;
}

const permission = '/v3.0/OS-PERMISSION';
const agencyGrants = `${permission}/subjects/agency/scopes/enterprise-project/role-assignments`;

function placesOf({ accountId, projectId }: DeniedAccount): readonly Place[] {
  const direct = (kind: PlaceKind, scope: string): Place => ({
    kind,
    group: (id, role) => `/v3/${scope}/groups/${id}/roles/${role}`,
    agency: (id, role) => `/v3.0/OS-AGENCY/${scope}/agencies/${id}/roles/${role}`,
  });
  const inherited = (version: string, subject: string, role: string) =>
    `/${version}/OS-INHERIT/domains/${accountId}/${subject}/roles/${role}/inherited_to_projects`;
  return [
    direct('domain', `domains/${accountId}`),
    direct('project', `projects/${projectId}`),
    {
      kind: 'all projects',
      group: (id, role) => inherited('v3', `groups/${id}`, role),
      agency: (id, role) => inherited('v3.0', `agencies/${id}`, role),
    },
    {
      kind: 'enterprise project',
      group: (id, role) => `${permission}/enterprise-projects/0/groups/${id}/roles/${role}`,
    },
    { kind: 'enterprise project, to the user' },
  ];
}

type Caller = Omit<DeniedCaller, 'description'> & { readonly credential: string };

/** Makes a user, an agency and a federated user for every place of a denial, with every kind of credential there is. */
export async function makeDeniedCallers(account: DeniedAccount): Promise<DeniedCaller[]> {
  await configureFederation(account);
  const callers: DeniedCaller[] = [];
  for (const [index, place] of placesOf(account).entries()) {
    const made = [
      ...(await callersOfUser(account, place, `denied-${index}`)),
      ...(await callersOfAgency(account, place, `denied-${index}`)),
    ];
    for (const { credential, ...caller } of made)
      callers.push({ ...caller, description: `${credential}, denied on ${place.kind}` });
  }
  return callers;
}

async function callersOfUser(account: DeniedAccount, place: Place, name: string): Promise<Caller[]> {
  const { root, server, accountId, accountName, projectId } = account;
  const { user } = await root.call<Made<'user'>>('POST', '/v3/users', { user: { name, password } });
  const { group } = await root.call<Made<'group'>>('POST', '/v3/groups', { group: { name } });
  await root.call('PUT', `/v3/groups/${group.id}/users/${user.id}`);
  await root.call('PUT', `/v3/domains/${accountId}/groups/${group.id}/roles/${account.allowingId}`);
  const denial = place.group
    ? place.group(group.id, account.denyingId)
    : `${permission}/enterprise-projects/0/users/${user.id}/roles/${account.denyingId}`;
  await root.call('PUT', denial);
  const proof = { user: { name, password, domain: { name: accountName } } };
  const unscoped = await tokenFor(server, '/v3/auth/tokens', {
    identity: { methods: ['password'], password: proof },
  });
  const identity = { methods: ['token'], token: { id: unscoped } };
  const tokens = await tokensBy(account, (scope) =>
    tokenFor(server, '/v3/auth/tokens', { identity, ...scope }),
  );
  const { credential } = await root.call<{ credential: { access: string; secret: string } }>(
    'POST',
    '/v3.0/OS-CREDENTIAL/credentials',
    { credential: { user_id: user.id } },
  );
  const key = { accessKey: credential.access, secretKey: credential.secret };
  const callers = [
    ...(await callersWithTokens(account, "a user's", tokens)),
    { credential: 'an access key', ...(await signer(server, key)) },
    {
      credential: 'an access key and a project',
      ...(await signer(server, key, { 'x-project-id': projectId })),
    },
  ];
  // A federated user has the policies of its groups only.
  return place.group ? [...callers, ...(await callersOfFederation(account, name))] : callers;
}

async function callersOfFederation(account: DeniedAccount, groupName: string): Promise<Caller[]> {
  const id_token = { id: idToken(groupName) };
  const tokens = await tokensBy(account, (scope) =>
    tokenFor(
      account.server,
      '/v3.0/OS-AUTH/id-token/tokens',
      { id_token, ...scope },
      { 'x-idp-id': 'denied' },
    ),
  );
  return callersWithTokens(account, "a federated user's", tokens);
}

async function callersOfAgency(account: DeniedAccount, place: Place, name: string): Promise<Caller[]> {
  if (place.kind === 'enterprise project, to the user') return [];
  const { root, server, accountId, accountName, trusted } = account;
  const { agency } = await root.call<Made<'agency'>>('POST', '/v3.0/OS-AGENCY/agencies', {
    agency: { name, domain_id: accountId, trust_domain_name: trusted.accountName },
  });
  const allowing = `/v3.0/OS-AGENCY/domains/${accountId}/agencies/${agency.id}/roles/${account.allowingId}`;
  await root.call('PUT', allowing);
  if (place.agency) await root.call('PUT', place.agency(agency.id, account.denyingId));
  else {
    const assignment = { agency_id: agency.id, enterprise_project_id: '0', role_id: account.denyingId };
    await root.call('PUT', agencyGrants, { role_assignments: [assignment] });
  }
  const identity = {
    methods: ['assume_role'],
    assume_role: { domain_name: accountName, agency_name: name },
  };
  const headers = { 'x-auth-token': trusted.client.token ?? '' };
  const tokens = await tokensBy(account, (scope) =>
    tokenFor(server, '/v3/auth/tokens', { identity, ...scope }, headers),
  );
  return callersWithTokens(account, "an agency's", tokens);
}

interface Tokens {
  readonly unscoped: string;
  readonly domain: string;
  readonly project: string;
}

/** One of each scope. */
async function tokensBy(
  { accountId, projectId }: DeniedAccount,
  make: (scope: object) => Promise<string>,
): Promise<Tokens> {
  return {
    unscoped: await make({}),
    domain: await make({ scope: { domain: { id: accountId } } }),
    project: await make({ scope: { project: { id: projectId } } }),
  };
}

/** With the tokens, and with temporary keys that were made from them. */
async function callersWithTokens(
  { server }: DeniedAccount,
  whose: string,
  tokens: Tokens,
): Promise<Caller[]> {
  const callers: Caller[] = [];
  for (const [scope, token] of Object.entries(tokens)) {
    callers.push({ credential: `${whose} ${scope} token`, ...(await clientWith(server, token)) });
    const key = await temporaryKey(server, token);
    callers.push({ credential: `${whose} temporary key of a ${scope} token`, ...key });
  }
  return callers;
}

type Sender = Pick<Caller, 'send' | 'close'>;

async function temporaryKey(server: ReachableServer, token: string): Promise<Sender> {
  const client = await clientWith(server, token);
  const { credential } = await client.call<{
    credential: { access: string; secret: string; securitytoken: string };
  }>('POST', '/v3.0/OS-CREDENTIAL/securitytokens', {
    auth: { identity: { methods: ['token'], token: { id: token, duration_seconds: 86_400 } } },
  });
  const key = { accessKey: credential.access, secretKey: credential.secret };
  client.close();
  return signer(server, key, { 'x-security-token': credential.securitytoken });
}

interface AccessKey {
  readonly accessKey: string;
  readonly secretKey: string;
}

async function signer(
  server: ReachableServer,
  key: AccessKey,
  fixed: Readonly<Record<string, string>> = {},
): Promise<Sender> {
  const client = await clientWith(server, undefined);
  const { host } = new URL(server.httpsUrl);
  const send: Sender['send'] = (method, path, body) => {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const headers = { host, 'x-sdk-date': date, ...fixed };
    const authorization = signRequest({ method, rawUrl: path, headers, body: Buffer.from(payload) }, key);
    return client.send(method, path, body === undefined ? undefined : payload, { ...headers, authorization });
  };
  return { send, close: client.close };
}

async function tokenFor(
  server: ReachableServer,
  path: string,
  auth: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const stranger = await clientWith(server, undefined);
  const answer = await stranger.send('POST', path, { auth }, headers);
  stranger.close();
  const token = answer.headers['x-subject-token'];
  if (typeof token !== 'string') throw new Error(`no token: ${answer.status} ${answer.text}`);
  return token;
}

type Made<Name extends string> = Readonly<Record<Name, { readonly id: string }>>;

/** An identity provider whose id tokens name one group. */
async function configureFederation({ root }: DeniedAccount): Promise<void> {
  const rules = [
    {
      local: [{ user: { name: '{0}' } }, { groups: '{1}' }],
      remote: [{ type: 'email' }, { type: 'groups' }],
    },
  ];
  const signing_key = JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k' }] });
  const config = { access_mode: 'program', idp_url: 'https://idp.test', client_id: 'openccm', signing_key };
  const identity_provider = { sso_type: 'virtual_user_sso', description: '', enabled: true };
  await root.call('PUT', provider, { identity_provider });
  await root.call('PUT', mapping, { mapping: { rules } });
  await root.call('PUT', `${provider}/protocols/oidc`, { protocol: { mapping_id: 'denied' } });
  await root.call('POST', oidcConfig, { openid_connect_config: config });
}

function idToken(groupName: string): string {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://idp.test', aud: 'openccm', sub: 's', iat: seconds, exp: seconds + 600 };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = encode({ alg: 'ES256', kid: 'k' });
  const signed = `${header}.${encode({ ...claims, email: 'al@corp.test', groups: [groupName] })}`;
  const signature = sign('sha256', Buffer.from(signed), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
