import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiClient, type Credentials, signIn } from '../support/api-client.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { signInLimited } from '../support/limited-user.ts';
import { certificateBody, createCa, csrBody, rootCaBody } from '../support/private-ca-requests.ts';
import { openAccount } from '../support/second-account.ts';

const cas = '/v1/private-certificate-authorities';
const certificates = '/v1/private-certificates';
const everything = { Effect: 'Allow', Action: '*' };

let server: RunningApp;
let owner: ApiClient;
let consumer: ApiClient;
let account: Credentials;
let ownerId: string;
let consumerId: string;
let sharedId: string;
let otherId: string;
/** Of the consumer, issued by the shared CA. */
let certificateId: string;
const clients: ApiClient[] = [];

async function accountId(client: ApiClient): Promise<string> {
  return (await client.call<{ domains: { id: string }[] }>('GET', '/v3/auth/domains')).domains[0]!.id;
}

async function limited(root: ApiClient, of: Credentials, ...statements: object[]): Promise<ApiClient> {
  const client = await signInLimited(server, root, of, statements);
  clients.push(client);
  return client;
}

before(async () => {
  server = await startApp();
  owner = await signIn(server);
  account = await openAccount(server, 'consumer');
  consumer = await signIn(server, account);
  clients.push(owner, consumer);
  [ownerId, consumerId] = [await accountId(owner), await accountId(consumer)];
  [sharedId, otherId] = [
    await createCa(owner, rootCaBody('Shared')),
    await createCa(owner, rootCaBody('Shared, too')),
  ];
  for (const caId of [sharedId, otherId])
    await owner.call('PUT', `${cas}/${caId}/shares`, { account_ids: [consumerId] });
  const body = certificateBody(sharedId, 'leaf.example.test');
  certificateId = (await consumer.call<{ certificate_id: string }>('POST', certificates, body))
    .certificate_id;
});

after(async () => {
  for (const client of clients) client.close();
  await server?.close();
});

type Sent = readonly [method: string, path: string, body?: object];

/** What a consumer does with a shared CA, also with its id in the other case. */
const requestsOn = (caId: string): readonly Sent[] => [
  ...[caId, caId.toUpperCase()].flatMap((id): readonly Sent[] => [
    ['GET', `${cas}/${id}`],
    ['POST', `${cas}/${id}/export`],
    ['POST', certificates, certificateBody(id, 'leaf.example.test')],
    ['POST', `${certificates}/csr`, csrBody(id)],
  ]),
];

async function assertDenied(client: ApiClient, requests: readonly Sent[]): Promise<void> {
  for (const [method, path, body] of requests) {
    const answer = await client.send(method, path, body);
    assert.deepEqual(
      [answer.status, (answer.json as { error_code?: string }).error_code],
      [401, 'PCA.00010004'],
      `${method} ${path}: ${answer.text}`,
    );
    assert.match(answer.text, /denied by a policy/);
  }
}

async function assertAllowed(client: ApiClient, requests: readonly Sent[]): Promise<void> {
  for (const [method, path, body] of requests) {
    const answer = await client.send(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
  }
}

test("a consumer's Deny of a shared CA holds by the owner's account and by its own", async () => {
  for (const named of [ownerId, consumerId]) {
    const Resource = [`pca:*:${named}:ca:${sharedId}`];
    const client = await limited(consumer, account, everything, {
      Effect: 'Deny',
      Action: 'pca:*',
      Resource,
    });
    await assertDenied(client, [
      ...requestsOn(sharedId),
      ['POST', `${certificates}/${certificateId}/revoke`, { reason: 'SUPERSEDED' }],
    ]);
    await assertAllowed(client, requestsOn(otherId));
  }
});

test('a Deny of all but the CAs of one account denies a shared CA', async () => {
  for (const named of [ownerId, consumerId]) {
    const NotResource = [`pca:*:${named}:ca:*`];
    const denial = { Effect: 'Deny', Action: 'pca:*', NotResource };
    await assertDenied(await limited(consumer, account, everything, denial), requestsOn(sharedId));
  }
});

test('an Allow of the shared CA may name either account, and reaches no other CA', async () => {
  for (const named of [ownerId, consumerId]) {
    const Resource = [`pca:*:${named}:ca:${sharedId}`];
    const client = await limited(consumer, account, { Effect: 'Allow', Action: 'pca:ca:*', Resource });
    await assertAllowed(client, requestsOn(sharedId));
    for (const [method, path, body] of requestsOn(otherId))
      assert.equal((await client.send(method, path, body)).status, 401, path);
  }
});

test('nobody shares a CA who may not issue with it for any name; nothing changes and it is on record', async () => {
  const { bootstrap } = server;
  const root = { accountName: bootstrap.account_name, projectName: bootstrap.project_name, userName: '' };
  const ofOwner = { ...root, password: bootstrap.password };
  const own = await createCa(owner, rootCaBody('Not shared'));
  const body = { account_ids: [consumerId] };
  const names = { StringLike: { 'pca:SubjectNames': ['*.corp.test'] } };
  const issuing = ['pca:ca:issueCert', 'pca:ca:issueCertByCsr'];
  const sharing = { Effect: 'Allow', Action: ['pca:ca:setShares', 'pca:ca:get', 'pca:ca:export'] };
  for (const [index, statements] of [
    [sharing],
    [sharing, { Effect: 'Allow', Action: issuing, Condition: names }],
    [everything, { Effect: 'Deny', Action: 'pca:ca:issueCertThroughCSR' }],
    [everything, { Effect: 'Deny', Action: issuing, Condition: names }],
    [everything, { Effect: 'Deny', Action: issuing, Resource: [`pca:*:*:ca:${own}`] }],
    [everything, { Effect: 'Deny', Action: 'pca:ca:export' }],
  ].entries()) {
    const client = await limited(owner, ofOwner, ...statements);
    const answer = await client.send('PUT', `${cas}/${own}/shares`, body);
    assert.equal(answer.status, 401, `${index}: ${answer.text}`);
    assert.match(answer.text, /cannot share what you may not do yourself/);
    assert.deepEqual(await owner.call('GET', `${cas}/${own}/shares`), { shares: [] });
  }
  const trail = await owner.call('GET', '/v1/audit/records?action=pca:ca:setShares');
  assert.ok(JSON.stringify(trail).includes('cannot share what you may not do yourself'));
  const entitled = await limited(owner, ofOwner, sharing, { Effect: 'Allow', Action: issuing });
  assert.equal((await entitled.send('PUT', `${cas}/${own}/shares`, body)).status, 204);
});
