import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { signInLimited } from '../support/limited-user.ts';
import { certificateBody, createCa, rootCaBody } from '../support/private-ca-requests.ts';

const cas = '/v1/private-certificate-authorities';
const certificates = '/v1/private-certificates';
const tag = { key: 'stage', value: 'live' };

let app: RunningApp;
let root: ApiClient;
let limited: ApiClient;
let kms: string;
/** By the search: in the default enterprise project, and in one that the limited user is denied. */
let made: Readonly<Record<string, { readonly seen: string; readonly hidden: string }>>;

const searches = (): Readonly<Record<string, readonly [path: string, body: object]>> => ({
  CAs: [`${cas}/resource-instances/filter`, { tags: [{ key: tag.key, values: [] }] }],
  certificates: [`${certificates}/resource-instances/filter`, { tags: [{ key: tag.key, values: [] }] }],
  keys: [`${kms}/resource_instances/action`, { action: 'filter', tags: [{ key: tag.key, values: [] }] }],
});

async function makeIn(enterprise_project_id: string, name: string): Promise<Record<string, string>> {
  const caId = await createCa(root, { ...rootCaBody(name), enterprise_project_id });
  const body = { ...certificateBody(caId, `${name}.example.test`), enterprise_project_id };
  const { certificate_id } = await root.call<{ certificate_id: string }>('POST', certificates, body);
  const { key_info } = await root.call<{ key_info: { key_id: string } }>('POST', `${kms}/create-key`, {
    key_alias: name,
    enterprise_project_id,
  });
  await root.call('POST', `${cas}/${caId}/tags`, { tag });
  await root.call('POST', `${certificates}/${certificate_id}/tags`, { tag });
  await root.call('POST', `${kms}/${key_info.key_id}/tags`, { tag });
  return { CAs: caId, certificates: certificate_id, keys: key_info.key_id };
}

before(async () => {
  app = await startApp();
  root = await signIn(app);
  const { account_name, project_name, password, project_id } = app.bootstrap;
  kms = `/v1.0/${project_id}/kms`;
  const { enterprise_project } = await root.call<{ enterprise_project: { id: string } }>(
    'POST',
    '/v1.0/enterprise-projects',
    { name: 'hidden' },
  );
  const [seen, hidden] = [await makeIn('0', 'seen'), await makeIn(enterprise_project.id, 'hidden')];
  made = Object.fromEntries(
    Object.keys(searches()).map((kind) => [kind, { seen: seen[kind]!, hidden: hidden[kind]! }]),
  );
  const Condition = { StringEquals: { 'g:EnterpriseProjectId': [enterprise_project.id] } };
  const account = { accountName: account_name, projectName: project_name, password, userName: '' };
  limited = await signInLimited(app, root, account, [
    { Effect: 'Allow', Action: '*' },
    { Effect: 'Deny', Action: '*', Condition },
  ]);
});

after(async () => {
  for (const client of [root, limited]) client?.close();
  await app?.close();
});

async function found(client: ApiClient, kind: string): Promise<string[]> {
  const [path, body] = searches()[kind]!;
  const { resources } = await client.call<{ resources: { resource_id: string }[] }>('POST', path, body);
  return resources.map(({ resource_id: id }) => id).sort();
}

test('a Deny on condition of an enterprise project narrows searches by tags', async () => {
  for (const [kind, { seen, hidden }] of Object.entries(made)) {
    assert.deepEqual(await found(root, kind), [seen, hidden].sort(), kind);
    assert.deepEqual(await found(limited, kind), [seen], kind);
  }
});

test('what cannot be narrowed is refused: counts without a permission, and all tags that are in use', async () => {
  const requests = [
    ['POST', `${cas}/resource-instances/count`, { tags: [{ key: tag.key, values: [] }] }],
    ['POST', `${certificates}/resource-instances/count`, { tags: [{ key: tag.key, values: [] }] }],
    ['GET', `${cas}/tags`],
    ['GET', `${certificates}/tags`],
    ['GET', `${kms}/tags`],
  ] as const;
  for (const [method, path, body] of requests) {
    assert.equal((await root.send(method, path, body)).status, 200, path);
    const answer = await limited.send(method, path, body);
    assert.ok([401, 403].includes(answer.status), `${path}: ${answer.status} ${answer.text}`);
    assert.match(answer.text, /denied by a policy/, path);
  }
});
