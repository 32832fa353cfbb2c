import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, type ApiClient, clientWith, signIn } from '../support/api-client.ts';
import { errorCode, kmsClient } from '../support/kms-client.ts';
import { type Property, type Row, requestOf, rows } from '../support/kms-operations.ts';
import { acquireKeys } from '../support/kms-property.ts';
import { openAccount } from '../support/second-account.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const refused = { status: 403, code: 'KMS.0306' };
const unknownKey = { status: 404, code: 'KMS.0207' };
const password = 'Correct-Horse-1';

let server: RunningServer;
let owner: ApiClient;
let stranger: ApiClient;
let grantee: ApiClient;
let reader: ApiClient;
let nobody: ApiClient;
let property: Property;
let strangersProperty: Property;
/** Of the stranger's account, and of the grantee, who is one of its users. */
let strangersProject: string;
let granteeId: string;
let ownersUserId: string;

before(async () => {
  server = await startServer();
  owner = await signIn(server);
  const strangersSignIn = await openAccount(server, 'stranger');
  stranger = await signIn(server, strangersSignIn);
  strangersProject = await projectOf(stranger);
  ownersUserId = await idOf(owner);
  grantee = await addUser(stranger, 'stranger', 'grantee', 'KMS Administrator');
  granteeId = await idOf(grantee);
  reader = await addUser(owner, server.bootstrap.account_name, 'reader', 'KMS CMKReadOnlyAccess');
  nobody = await addUser(owner, server.bootstrap.account_name, 'nobody');
  property = await acquire(owner, server.bootstrap.project_id);
  strangersProperty = await acquire(stranger, strangersProject);
});

after(async () => {
  for (const api of [owner, stranger, grantee, reader, nobody]) api?.close();
  await server?.stop();
});

interface TokenOwner {
  readonly token: { readonly user: { readonly id: string }; readonly project: { readonly id: string } };
}

async function describeToken(api: ApiClient): Promise<TokenOwner['token']> {
  const answer = await api.send('GET', '/v3/auth/tokens', undefined, { 'x-subject-token': api.token ?? '' });
  return (answer.json as TokenOwner).token;
}
/** One of everything that operations can name, with all grants there are to the grantee. */
const acquire = async (api: ApiClient, projectId: string) =>
  acquireKeys(api, { projectId, userId: await idOf(api), granteeId, readerId: ownersUserId });
const projectOf = async (api: ApiClient) => (await describeToken(api)).project.id;
const idOf = async (api: ApiClient) => (await describeToken(api)).user.id;

/** A user of the account, with a system policy for all of it, signed in. */
async function addUser(root: ApiClient, accountName: string, name: string, policy?: string) {
  const { user } = await root.call<{ user: { id: string; domain_id: string } }>('POST', '/v3/users', {
    user: { name, password },
  });
  const { group } = await root.call<{ group: { id: string } }>('POST', '/v3/groups', {
    group: { name: `${name}s` },
  });
  await root.call('PUT', `/v3/groups/${group.id}/users/${user.id}`);
  if (policy !== undefined) {
    const path = `/v3/roles?display_name=${encodeURIComponent(policy)}`;
    const { roles } = await root.call<{ roles: { id: string }[] }>('GET', path);
    const grant = `/v3/domains/${user.domain_id}/groups/${group.id}/roles/${roles[0]?.id}`;
    await root.call('PUT', grant);
  }
  const projectName = server.bootstrap.project_name;
  return await signIn(server, { accountName, userName: name, password, projectName });
}

/** The request of the row, in this project, with the ids of `whose`. */
function attempt(api: ApiClient, operation: string, row: Row, whose: Property, projectId: string) {
  const { method, path, body } = requestOf(operation, row, whose, projectId);
  return api.send(method, path, body);
}

const outcome = (answer: Answer) => ({ status: answer.status, code: errorCode(answer) });
const isDone = ({ status }: Answer) => status >= 200 && status <= 299;

/** All that the owner sees of the keys that operations name. */
async function everythingOf(whose: Property): Promise<unknown> {
  const kms = kmsClient(owner, whose.projectId);
  const { keyId, signingKeyId, externalKeyId, disabledKeyId } = whose;
  const keys = [keyId, signingKeyId, externalKeyId, disabledKeyId];
  const described = await Promise.all(keys.map((id) => kms.call('describe-key', { key_id: id })));
  const lists = ['keystores', `kms/${keyId}/tags`, 'kms/aliases', 'kms/user-instances'];
  const listed = lists.map((list) => owner.call('GET', `/v1.0/${whose.projectId}/${list}`));
  return [...described, await Promise.all(listed), await kms.call('list-grants', { key_id: keyId })];
}

test('every operation of the API has a row', async () => {
  const { paths } = await owner.call<{ paths: Record<string, object> }>('GET', '/openapi.json');
  const served = Object.entries(paths)
    .filter(([path]) => /^\/v\d(\.\d)?\/\{project_id\}\/(kms|keystores)/.test(path))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(served.sort(), Object.keys(rows).sort());
});

test('who does not sign in, or shows no true token, gets nothing', async () => {
  const untrue = [
    { token: undefined, code: 'KMS.0301' },
    { token: 'x'.repeat(40), code: 'KMS.0302' },
  ];
  for (const { token, code } of untrue) {
    const api = await clientWith(server, token);
    for (const [operation, row] of Object.entries(rows)) {
      const answer = await attempt(api, operation, row, property, property.projectId);
      assert.deepEqual(outcome(answer), { status: 403, code }, `${operation}: ${answer.text}`);
    }
    api.close();
  }
});

test('the project of another account is refused, whatever is asked in it', async () => {
  for (const [operation, row] of Object.entries(rows)) {
    const answer = await attempt(stranger, operation, row, property, property.projectId);
    assert.deepEqual(outcome(answer), { status: 403, code: 'KMS.0321' }, `${operation}: ${answer.text}`);
  }
});

test('a user of the account with no policy may do nothing, one that may read does nothing else', async () => {
  const seen = await everythingOf(property);
  for (const [operation, row] of Object.entries(rows)) {
    const withoutPolicy = await attempt(nobody, operation, row, property, property.projectId);
    assert.deepEqual(outcome(withoutPolicy), refused, `${operation}: ${withoutPolicy.text}`);
    const reading = await attempt(reader, operation, row, property, property.projectId);
    if (row.reads) assert.ok(isDone(reading), `${operation}: ${reading.text}`);
    else assert.deepEqual(outcome(reading), refused, `${operation}: ${reading.text}`);
  }
  assert.deepEqual(await everythingOf(property), seen);
});

for (const [operation, row] of Object.entries(rows))
  if (row.kind === 'own')
    test(`${operation}: the answer holds nothing of another account`, async () => {
      const answer = await attempt(stranger, operation, row, strangersProperty, strangersProject);
      assert.ok(isDone(answer), answer.text);
      const secrets = Object.values(property).filter((value) => typeof value === 'string' && value !== '');
      for (const secret of secrets) assert.ok(!answer.text.includes(String(secret)), answer.text);
    });
  else
    test(`${operation}: what is of another account is not there, as if nobody had it`, async () => {
      const seen = await everythingOf(property);
      const answer = await attempt(stranger, operation, row, property, strangersProject);
      assert.deepEqual(outcome(answer), row.refusal ?? unknownKey, answer.text);
      assert.deepEqual(await everythingOf(property), seen);
    });

test('a policy that denies the operation to a grantee wins over the grant', async () => {
  const granted = await acquire(owner, server.bootstrap.project_id);
  const { groups } = await stranger.call<{ groups: { id: string; domain_id: string }[] }>(
    'GET',
    '/v3/groups?name=grantees',
  );
  const policy = { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['kms:*'] }] };
  const role = { display_name: 'no keys', type: 'AX', description: '', policy };
  const made = await stranger.call<{ role: { id: string } }>('POST', '/v3.0/OS-ROLE/roles', { role });
  const denial = `/v3/domains/${groups[0]?.domain_id}/groups/${groups[0]?.id}/roles/${made.role.id}`;
  await stranger.call('PUT', denial);
  for (const [operation, row] of Object.entries(rows)) {
    if (row.kind !== 'key' || !row.granted) continue;
    const answer = await attempt(grantee, operation, row, granted, strangersProject);
    assert.deepEqual(outcome(answer), refused, `${operation}: ${answer.text}`);
  }
  await stranger.call('DELETE', denial);
});

// A grantee is an administrator in its own account, so what stops it is that no grant allows the operation.
test('a grantee of another account may do what grants allow, and nothing else', async () => {
  const granted = await acquire(owner, server.bootstrap.project_id);
  for (const [operation, row] of Object.entries(rows)) {
    if (row.kind !== 'key') continue;
    const answer = await attempt(grantee, operation, row, granted, strangersProject);
    if (row.granted) assert.ok(isDone(answer), `${operation}: ${answer.text}`);
    else
      assert.deepEqual(
        outcome(answer),
        row.ungrantable ? unknownKey : refused,
        `${operation}: ${answer.text}`,
      );
  }
});

// The control: the same requests are carried out for the owner, so the refusals above were for who asked.
test('the owner may do all of it', async () => {
  for (const [operation, row] of Object.entries(rows)) {
    const answer = await attempt(owner, operation, row, property, property.projectId);
    if (row.owner === undefined) assert.ok(isDone(answer), `${operation}: ${answer.text}`);
    else assert.equal(errorCode(answer), row.owner, `${operation}: ${answer.text}`);
  }
});
