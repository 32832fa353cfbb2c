import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type KmsClient, kmsClient } from '../support/kms-client.ts';
import { createCa, pendingCaBody, rootCaBody } from '../support/private-ca-requests.ts';
import { openAccount } from '../support/second-account.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const cas = '/v1/private-certificate-authorities';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

interface Protected {
  /** Makes what the operation is about and returns the request, with the same one but for its body or path. */
  prepare(): Promise<{ readonly request: Sent; readonly similar: Sent; state(): Promise<unknown> }>;
}

let server: RunningServer;
let requester: ApiClient;
let approver: ApiClient;
let kms: KmsClient;
let consumerId: string;

async function caState(caId: string): Promise<unknown> {
  const [ca, policy, shares] = await Promise.all([
    requester.call<{ status: string }>('GET', `${cas}/${caId}`),
    requester.send('GET', `${cas}/${caId}/issuance-policy`),
    requester.call('GET', `${cas}/${caId}/shares`),
  ]);
  return { status: ca.status, policy: policy.json, shares };
}

const operations: Record<string, Protected> = {
  'delete-root-ca': {
    async prepare() {
      const caId = await createCa(requester, rootCaBody('To be deleted'));
      await requester.call('POST', `${cas}/${caId}/disable`);
      return {
        request: { method: 'DELETE', path: `${cas}/${caId}?pending_days=7` },
        similar: { method: 'DELETE', path: `${cas}/${caId}?pending_days=8` },
        state: () => caState(caId),
      };
    },
  },
  'delete-key': {
    async prepare() {
      const key_id = await kms.createKey({ key_alias: 'to-be-deleted' });
      const path = `/v1.0/${kms.projectId}/kms/schedule-key-deletion`;
      return {
        request: { method: 'POST', path, body: { key_id, pending_days: '7' } },
        similar: { method: 'POST', path, body: { key_id, pending_days: '8' } },
        state: async () =>
          (await kms.call<{ key_info: { key_state: string } }>('describe-key', { key_id })).key_info
            .key_state,
      };
    },
  },
  'change-issuance-policy': {
    async prepare() {
      const caId = await createCa(requester, rootCaBody('With a policy'));
      const path = `${cas}/${caId}/issuance-policy`;
      return {
        request: { method: 'PUT', path, body: { key_algorithms: ['EC256'] } },
        similar: { method: 'PUT', path, body: { key_algorithms: ['EC256', 'RSA2048'] } },
        state: () => caState(caId),
      };
    },
  },
  'share-ca': {
    async prepare() {
      const caId = await createCa(requester, rootCaBody('To be shared'));
      const path = `${cas}/${caId}/shares`;
      return {
        request: { method: 'PUT', path, body: { account_ids: [consumerId] } },
        similar: { method: 'PUT', path, body: { account_ids: [consumerId, consumerId] } },
        state: () => caState(caId),
      };
    },
  },
};

before(async () => {
  server = await startServer();
  const { bootstrap } = server;
  const { account_id: accountId, project_name: projectName } = bootstrap;
  requester = await signIn(server);
  kms = kmsClient(requester, bootstrap.project_id);
  const consumer = await signIn(server, await openAccount(server, 'consumer'));
  consumerId = (await consumer.call<{ account_id: string }>('GET', '/v5/caller-identity')).account_id;
  consumer.close();

  const password = 'Correct-Horse-1';
  const made = { user: { name: 'second', password } };
  const { user } = await requester.call<{ user: { id: string } }>('POST', '/v3/users', made);
  const group = { group: { name: 'approvers' } };
  const { group: approvers } = await requester.call<{ group: { id: string } }>('POST', '/v3/groups', group);
  const { roles } = await requester.call<{ roles: { id: string }[] }>(
    'GET',
    '/v3/roles?display_name=Security%20Administrator',
  );
  await requester.call('PUT', `/v3/groups/${approvers.id}/users/${user.id}`);
  await requester.call('PUT', `/v3/domains/${accountId}/groups/${approvers.id}/roles/${roles[0]?.id}`);
  const credentials = { accountName: bootstrap.account_name, userName: 'second', password, projectName };
  approver = await signIn(server, credentials);
  await requester.call('PUT', '/v1/approvals/policy', {
    approval_policy: { operations: Object.keys(operations) },
  });
});

after(async () => {
  for (const api of [requester, approver]) api?.close();
  await server?.stop();
});

const send = (api: ApiClient, { method, path, body }: Sent) => api.send(method, path, body);

/** Sends what is held back and returns the id of the request for approval, which the answer names. */
async function heldBack(sent: Sent): Promise<string> {
  const answer = await send(requester, sent);
  // The services' own statuses for what is not permitted.
  assert.ok(answer.status === 401 || answer.status === 403, answer.text);
  const [, id] = /POST \/v1\/approvals\/([0-9a-f]{32})\/approve/.exec(answer.text) ?? [];
  assert.ok(id, answer.text);
  return id;
}

for (const [operation, { prepare }] of Object.entries(operations))
  test(`${operation}: needs a second user, once for each request`, async () => {
    const { request, similar, state } = await prepare();
    const untouched = await state();
    const id = await heldBack(request);
    assert.deepEqual(await state(), untouched, 'nothing changes by a request that is held back');
    const { approval } = await approver.call<{ approval: { operation: string; request: object } }>(
      'GET',
      `/v1/approvals/${id}`,
    );
    assert.equal(approval.operation, operation);
    const { method, path: url, body } = request;
    const shown = { ...approval.request, method, url, body: body ? JSON.stringify(body) : '' };
    assert.deepEqual(approval.request, shown, 'the approver sees what is approved');

    assert.equal((await requester.send('POST', `/v1/approvals/${id}/approve`)).status, 403);
    assert.equal(await heldBack(request), id);
    await approver.call('POST', `/v1/approvals/${id}/approve`);
    assert.notEqual(await heldBack(similar), id, 'another body or query is another request');
    assert.deepEqual(await state(), untouched);

    const repeats = await Promise.all([send(requester, request), send(requester, request)]);
    assert.equal(repeats.filter(({ status }) => status < 300).length, 1, repeats.map((r) => r.text).join());
    assert.notDeepEqual(await state(), untouched);
    await heldBack(request);
  });

test('what is not protected goes on without approval', async () => {
  const sub = await createCa(requester, pendingCaBody('Waiting'));
  await requester.call('DELETE', `${cas}/${sub}?pending_days=7`);
  const root = await createCa(requester, rootCaBody('Not shared'));
  await requester.call('DELETE', `${cas}/${root}/shares`);
  const key_id = await kms.createKey({ key_alias: 'disabled-only' });
  await kms.call('disable-key', { key_id });
});

test('removing an issuance policy is a change of it, and so is switching approvals off', async () => {
  const root = await createCa(requester, rootCaBody('Policy to be removed'));
  await heldBack({ method: 'DELETE', path: `${cas}/${root}/issuance-policy` });
  const body = { approval_policy: { operations: ['share-ca'] } };
  await heldBack({ method: 'PUT', path: '/v1/approvals/policy', body });
});
