import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  createTestIdentity,
  login,
  type TestIdentity,
  type TestUser,
} from '../../../test/support/identity.ts';
import { registerApi } from '../../platform/http/index.ts';
import { silentLog } from '../../platform/log.ts';
import { iamAccessDenied, invalidIamField, unknownIamError } from '../errors.ts';
import { type Iam, migrations } from '../index.ts';
import { isWeaker } from './approval-policy.ts';

interface Approval {
  readonly approval_id: string;
  readonly status: string;
  readonly request: { readonly method: string; readonly url: string; readonly body: string };
  readonly requester: { readonly name: string };
  readonly decision: { readonly user: { readonly name: string }; readonly reason: string | null } | null;
}

const policyUrl = '/v1/approvals/policy';
const all = ['delete-root-ca', 'delete-key', 'change-issuance-policy', 'share-ca'];
const strict = { approval_policy: { operations: all, request_hours: 4, approver_ids: [] } };
const none = { approval_policy: { operations: [], request_hours: 4, approver_ids: [] } };
const approver = {
  Version: '1.1',
  Statement: [
    { Effect: 'Allow', Action: ['iam:approvals:approve', 'iam:approvals:list', 'iam:approvals:get'] },
  ],
};

/** An account whose policy cannot be weakened by one user; bob may approve. */
async function protectedAccount(identity: TestIdentity) {
  const bob = await identity.addUser(identity.acme, 'bob', [approver]);
  await identity.call(identity.acme, 200, ['PUT', policyUrl, strict]);
  return { ...identity, bob };
}

/** A service that shares two CAs by one request. */
async function serveShares(app: FastifyInstance, iam: Iam): Promise<void> {
  const options = {
    dialect: 'iam',
    accessDenied: iamAccessDenied,
    unknownError: unknownIamError,
    invalid: invalidIamField,
    log: silentLog,
    authenticate: iam.authenticate((fault) => new Error(fault)),
  } as const;
  await registerApi(app, options, (api) => {
    api.post('/v1/test-shares', async ({ actor }) => {
      for (const resource of ['pca:*:acme:ca:1', 'pca:*:acme:ca:2'])
        await iam.identity.authorize(actor, { action: 'pca:ca:setShares', resource, approval: 'share-ca' });
      return {};
    });
  });
}

async function open(identity: TestIdentity, user: TestUser, policy: object = none): Promise<string> {
  const answer = await identity.call<{ error: { message: string } }>(user, 403, ['PUT', policyUrl, policy]);
  const [, id] = /Request ([0-9a-f]{32}) is waiting/.exec(answer.error.message) ?? [];
  assert.ok(id, answer.error.message);
  return id;
}

async function approvals({ call, acme }: TestIdentity, query = ''): Promise<Approval[]> {
  return (await call<{ approvals: Approval[] }>(acme, 200, ['GET', `/v1/approvals${query}`])).approvals;
}

async function operationsOf({ call, acme }: TestIdentity): Promise<string[]> {
  const answer = await call<typeof strict>(acme, 200, ['GET', policyUrl]);
  return answer.approval_policy.operations;
}

async function events({ call, acme }: TestIdentity): Promise<string[]> {
  const { records } = await call<{ records: { action: string; principal: { name: string } }[] }>(acme, 200, [
    'GET',
    '/v1/audit/records?resource_type=approval',
  ]);
  return records.reverse().map(({ action, principal }) => `${principal.name} ${action.split(':').at(-1)}`);
}

test('a policy is weaker if it asks for less, lives longer or lets more users approve', () => {
  const policy = {
    operations: ['share-ca', 'delete-key'],
    requestHours: 24,
    approverIds: ['a', 'b'],
  } as const;
  assert.equal(isWeaker(policy, { ...policy, operations: ['share-ca'] }), true);
  assert.equal(isWeaker(policy, { ...policy, operations: ['share-ca', 'delete-root-ca'] }), true);
  assert.equal(isWeaker(policy, { ...policy, requestHours: 25 }), true);
  assert.equal(isWeaker(policy, { ...policy, approverIds: [] }), true);
  assert.equal(isWeaker(policy, { ...policy, approverIds: ['a', 'c'] }), true);
  assert.equal(isWeaker({ ...policy, approverIds: [] }, policy), false);
  assert.equal(
    isWeaker(policy, {
      operations: [...policy.operations, 'delete-root-ca'],
      requestHours: 1,
      approverIds: ['a'],
    }),
    false,
  );
  assert.equal(isWeaker({ ...policy, operations: [] }, { ...policy, approverIds: [] }), false);
});

describeOnEachDatabase('approvals', migrations, (openDatabase) => {
  test('one user cannot switch them off; a second one approves, and the same request goes through once', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase()));
    const { acme, bob, call } = identity;
    const id = await open(identity, acme);
    assert.equal(await open(identity, acme), id, 'the same request waits once');
    assert.deepEqual(await operationsOf(identity), all, 'nothing changed');

    const [shown] = await approvals(identity, '?status=pending');
    assert.deepEqual(
      [shown?.requester.name, shown?.request],
      ['root', { ...shown?.request, method: 'PUT', url: policyUrl, body: JSON.stringify(none) }],
    );
    await call(acme, 403, ['POST', `/v1/approvals/${id}/approve`]);
    assert.equal((await approvals(identity))[0]?.status, 'pending');
    const approved = await call<{ approval: Approval }>(bob, 200, ['POST', `/v1/approvals/${id}/approve`]);
    assert.deepEqual([approved.approval.status, approved.approval.decision?.user.name], ['approved', 'bob']);
    await call(bob, 409, ['POST', `/v1/approvals/${id}/approve`]);

    await call(acme, 200, ['PUT', policyUrl, none]);
    assert.deepEqual(await operationsOf(identity), []);
    assert.equal((await approvals(identity))[0]?.status, 'used');
    await call(acme, 200, ['PUT', policyUrl, strict]);
    assert.notEqual(await open(identity, acme), id, 'an approval is for one time');
    assert.deepEqual(await events(identity), ['root opened', 'bob approved', 'root used', 'root opened']);
    const refusals = '/v1/audit/records?result=refused&action=iam:approvals:approve';
    const { records } = await call<{ records: object[] }>(acme, 200, ['GET', refusals]);
    assert.equal(records.length, 1, "the requester's attempt is on record");
  });

  test('an approval covers this request of this requester only', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase()));
    const { acme, bob, call } = identity;
    const eve = await identity.addUser(acme, 'eve', ['Security Administrator']);
    const id = await open(identity, acme);
    await call(bob, 200, ['POST', `/v1/approvals/${id}/approve`]);
    const other = { approval_policy: { ...none.approval_policy, operations: ['share-ca'] } };
    await open(identity, acme, other);
    await open(identity, eve);
    const elsewhere = await identity.app.inject({
      method: 'PUT',
      url: `${policyUrl}?x=1`,
      headers: { 'x-auth-token': acme.token },
      payload: none,
    });
    assert.equal(elsewhere.statusCode, 403);
    assert.deepEqual(await operationsOf(identity), all);
    await call(acme, 200, ['PUT', policyUrl, none]);
  });

  test('of three parallel repeats one goes through, for all that it does', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase(), serveShares));
    const { acme, bob, call, app } = identity;
    const share: InjectOptions = {
      method: 'POST',
      url: '/v1/test-shares',
      headers: { 'x-auth-token': acme.token },
      payload: { with: 'globex' },
    };
    assert.equal((await app.inject(share)).statusCode, 403);
    const [waiting] = await approvals(identity, '?status=pending');
    await call(bob, 200, ['POST', `/v1/approvals/${waiting?.approval_id}/approve`]);
    const answers = await Promise.all([app.inject(share), app.inject(share), app.inject(share)]);
    const statuses = answers.map((answer) => answer.statusCode).sort();
    assert.deepEqual(statuses, [200, 403, 403]);
    assert.equal((await approvals(identity, '?status=used')).length, 1);
    assert.equal((await approvals(identity, '?status=pending')).length, 1);
  });

  test('neither request nor approval outlives its hours', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase()));
    const { acme, bob, call, clock, iam } = identity;
    const first = await open(identity, acme);
    clock.advance(2 * 60 * 60_000);
    const other = { approval_policy: { ...none.approval_policy, operations: ['share-ca'] } };
    const second = await open(identity, acme, other);
    await call(bob, 200, ['POST', `/v1/approvals/${second}/approve`]);
    clock.advance(2 * 60 * 60_000);
    await call(bob, 409, ['POST', `/v1/approvals/${first}/approve`]);
    clock.advance(2 * 60 * 60_000);
    assert.notEqual(await open(identity, acme, other), second);
    assert.equal((await approvals(identity, '?status=expired')).length, 2);
    await iam.expireApprovals();
    assert.deepEqual(
      (await events(identity)).filter((event) => event.startsWith('approvals')),
      ['approvals expired', 'approvals expired'],
    );
    clock.advance(31 * 24 * 60 * 60_000);
    await iam.expireApprovals();
    const asRoot = { ...acme, token: await login(identity.app, acme) };
    const left = await call<{ approvals: Approval[] }>(asRoot, 200, ['GET', '/v1/approvals']);
    assert.deepEqual(left.approvals, []);
  });

  test('who may not approve does not, and an approval by a user who was disabled is void', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase()));
    const { acme, bob, globex, call } = identity;
    const eve = await identity.addUser(acme, 'eve', []);
    const id = await open(identity, acme);
    for (const verb of ['approve', 'refuse']) {
      await call(eve, 403, ['POST', `/v1/approvals/${id}/${verb}`]);
      await call(globex, 404, ['POST', `/v1/approvals/${id}/${verb}`]);
    }
    await call(eve, 403, ['GET', `/v1/approvals/${id}`]);
    await call(globex, 404, ['GET', `/v1/approvals/${id}`]);
    assert.equal((await approvals(identity))[0]?.status, 'pending');
    await call(bob, 200, ['POST', `/v1/approvals/${id}/approve`]);
    await call(acme, 200, ['PATCH', `/v3/users/${bob.userId}`, { user: { enabled: false } }]);
    await call(bob, 401, ['POST', `/v1/approvals/${id}/refuse`]);
    assert.notEqual(await open(identity, acme), id);
    assert.deepEqual(await operationsOf(identity), all);
  });

  test('requests are refused with a reason, or withdrawn by the requester; an approval is taken back', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase()));
    const { acme, bob, call } = identity;
    const first = await open(identity, acme);
    const reason = { reason: 'not before the audit' };
    const refused = await call<{ approval: Approval }>(bob, 200, [
      'POST',
      `/v1/approvals/${first}/refuse`,
      reason,
    ]);
    assert.deepEqual(
      [refused.approval.status, refused.approval.decision?.reason],
      ['refused', reason.reason],
    );
    await call(bob, 409, ['POST', `/v1/approvals/${first}/approve`]);
    const second = await open(identity, acme);
    assert.notEqual(second, first);
    await call(acme, 200, ['POST', `/v1/approvals/${second}/refuse`]);
    const third = await open(identity, acme);
    await call(bob, 200, ['POST', `/v1/approvals/${third}/approve`]);
    await call(bob, 200, ['POST', `/v1/approvals/${third}/refuse`]);
    await open(identity, acme);
  });

  test('an account may name its approvers', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase()));
    const { acme, bob, call } = identity;
    const carol = await identity.addUser(acme, 'carol', [approver]);
    const dave = await identity.addUser(acme, 'dave', [approver]);
    const named = (...approver_ids: string[]) => ({
      approval_policy: { ...strict.approval_policy, approver_ids },
    });
    await call(acme, 400, ['PUT', policyUrl, named(bob.userId)]);
    await call(acme, 400, ['PUT', policyUrl, named(bob.userId, 'nobody')]);
    await call(acme, 200, ['PUT', policyUrl, named(bob.userId, carol.userId)]);
    const id = await open(identity, acme, named(bob.userId, carol.userId, dave.userId));
    await call(dave, 403, ['POST', `/v1/approvals/${id}/approve`]);
    await call(carol, 200, ['POST', `/v1/approvals/${id}/approve`]);
    // Without approvers the policy could never be changed again.
    await call(acme, 409, ['DELETE', `/v3/users/${carol.userId}`]);
    await call(acme, 204, ['DELETE', `/v3/users/${dave.userId}`]);
  });

  test('an agency does not make two of one person', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase()));
    const { acme, bob, globex, call, app } = identity;
    const body = {
      agency: {
        name: 'outside',
        domain_id: acme.account.accountId,
        trust_domain_id: globex.account.accountId,
        duration: 'FOREVER',
      },
    };
    const { agency } = await call<{ agency: { id: string } }>(acme, 201, [
      'POST',
      '/v3.0/OS-AGENCY/agencies',
      body,
    ]);
    const { roles } = await call<{ roles: { id: string }[] }>(acme, 200, [
      'GET',
      '/v3/roles?display_name=Security%20Administrator',
    ]);
    const grant = `/v3.0/OS-AGENCY/domains/${acme.account.accountId}/agencies/${agency.id}/roles/${roles[0]?.id}`;
    await call(acme, 204, ['PUT', grant]);
    const assume = { agency_name: 'outside', domain_id: acme.account.accountId };
    const payload = { auth: { identity: { methods: ['assume_role'], assume_role: assume } } };
    const assumed = await app.inject({
      method: 'POST',
      url: '/v3/auth/tokens',
      headers: { 'x-auth-token': globex.token },
      payload,
    });
    assert.equal(assumed.statusCode, 201, assumed.body);
    const outside = { ...globex, token: String(assumed.headers['x-subject-token']) };
    const id = await open(identity, outside);
    await call(bob, 200, ['POST', `/v1/approvals/${id}/approve`]);
    const own = await open(identity, acme, {
      approval_policy: { ...none.approval_policy, request_hours: 9 },
    });
    await call(outside, 403, ['POST', `/v1/approvals/${own}/approve`]);
    await call(outside, 200, ['PUT', policyUrl, none]);
  });

  test('an account has a hundred open requests at most', async () => {
    const identity = await protectedAccount(await createTestIdentity(await openDatabase()));
    const { acme, call } = identity;
    const weaker = (hours: number) => ({
      approval_policy: { ...none.approval_policy, request_hours: hours },
    });
    for (let hours = 1; hours <= 100; hours++) await open(identity, acme, weaker(hours));
    const answer = await call<{ error: { message: string } }>(acme, 403, ['PUT', policyUrl, weaker(101)]);
    assert.match(answer.error.message, /100 open requests/);
    assert.equal((await approvals(identity, '?limit=1000')).length, 100);
  });
});
