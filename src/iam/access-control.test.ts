import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import {
  actorOfToken,
  createTestIdentity,
  login,
  type TestIdentity,
  type TestUser,
} from '../../test/support/identity.ts';
import { AccessDenied } from '../platform/errors.ts';
import type { AccessRequest } from './actor.ts';
import { migrations } from './index.ts';

async function may({ iam }: TestIdentity, user: TestUser, request: AccessRequest): Promise<boolean> {
  try {
    await iam.identity.authorize(await user.actor(), request);
    return true;
  } catch (error) {
    assert.ok(error instanceof AccessDenied);
    assert.equal(error.action, request.action);
    return false;
  }
}

interface Granted {
  readonly role: { readonly id: string };
}

function policy(action: string[], rest: object = {}): object {
  return { Version: '1.1', Statement: [{ Effect: 'Allow', Action: action, ...rest }] };
}

describeOnEachDatabase('authorisation', migrations, (open) => {
  test('the root user may do all, others what policies allow, nobody without', async () => {
    const identity = await createTestIdentity(await open());
    const { acme } = identity;
    const reader = await identity.addUser(acme, 'reader', ['PCA ReadOnlyAccess']);
    const nobody = await identity.addUser(acme, 'nobody', []);
    assert.equal(await may(identity, acme, { action: 'pca:ca:create' }), true);
    assert.equal(await may(identity, reader, { action: 'pca:ca:get', resource: 'pca:r:a:ca:1' }), true);
    assert.equal(await may(identity, reader, { action: 'pca:ca:create' }), false);
    assert.equal(await may(identity, nobody, { action: 'pca:ca:get' }), false);
  });

  test('a deny of one group wins over the allow of another', async () => {
    const identity = await createTestIdentity(await open());
    const deny = { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['pca:ca:delete'] }] };
    const user = await identity.addUser(identity.acme, 'u', ['PCA FullAccess', deny]);
    assert.equal(await may(identity, user, { action: 'pca:ca:create' }), true);
    assert.equal(await may(identity, user, { action: 'pca:ca:delete' }), false);
  });

  test('what takes too many comparisons is refused, and the reason is told', async () => {
    const identity = await createTestIdentity(await open());
    const patterns = Array.from({ length: 300 }, (_, index) => `*?x${index}`);
    const Condition = { StringLike: { 'pca:SubjectNames': patterns } };
    const deny = { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['pca:*:*'], Condition }] };
    const user = await identity.addUser(identity.acme, 'u', ['PCA FullAccess', deny]);
    const names = Array.from({ length: 20 }, (_, index) => `DNS:${'a.'.repeat(120)}${index}`);
    const request = { action: 'pca:ca:issueCert', conditions: { 'pca:SubjectNames': names } };
    await assert.rejects(
      identity.iam.identity.authorize(await user.actor(), request),
      (error: Error) => error instanceof AccessDenied && /takes too long.*fewer/.test(error.message),
    );
  });

  test('conditions see the request and the caller', async () => {
    const identity = await createTestIdentity(await open());
    const condition = {
      StringLike: { 'pca:CommonName': '*.corp.test' },
      StringEquals: { 'g:UserName': 'issuer', 'g:DomainName': 'acme' },
      IpAddress: { 'g:SourceIp': '127.0.0.0/8' },
      DateLessThan: { 'g:CurrentTime': '2026-01-01T00:00:00Z' },
    };
    const user = await identity.addUser(identity.acme, 'issuer', [
      policy(['pca:ca:issueCert'], { Condition: condition }),
    ]);
    const issue = (name: string): AccessRequest => ({
      action: 'pca:ca:issueCert',
      conditions: { 'pca:CommonName': name },
    });
    assert.equal(await may(identity, user, issue('www.corp.test')), true);
    assert.equal(await may(identity, user, issue('www.other.test')), false);
    identity.clock.advance(40 * 24 * 60 * 60_000);
    const later = await login(identity.app, user);
    await assert.rejects(
      identity.iam.identity.authorize(await actorOfToken(identity.iam, later), issue('www.corp.test')),
    );
  });

  test('grants count in their project, in all projects, in their enterprise project', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const user = await identity.addUser(acme, 'u', []);
    const { groups } = await call<{ groups: { id: string }[] }>(acme, 200, [
      'GET',
      `/v3/users/${user.userId}/groups`,
    ]);
    const groupId = groups[0]!.id;
    const make = async (name: string, action: string) => {
      const role = { display_name: name, type: 'XA', description: '', policy: policy([action]) };
      return (await call<Granted>(acme, 201, ['POST', '/v3.0/OS-ROLE/roles', { role }])).role.id;
    };
    const { project } = await call<{ project: { id: string } }>(acme, 201, [
      'POST',
      '/v3/projects',
      { project: { name: 'other' } },
    ]);
    const { enterprise_project: department } = await call<{ enterprise_project: { id: string } }>(acme, 201, [
      'POST',
      '/v1.0/enterprise-projects',
      { name: 'department' },
    ]);
    const here = acme.account.projectId;
    const grants = [
      [`/v3/projects/${here}/groups/${groupId}/roles/`, 'kms:cmk:get'],
      [`/v3/projects/${project.id}/groups/${groupId}/roles/`, 'kms:cmk:list'],
      [`/v3.0/OS-PERMISSION/enterprise-projects/${department.id}/groups/${groupId}/roles/`, 'scm:cert:get'],
    ] as const;
    for (const [index, [url, action]] of grants.entries())
      await call(acme, 204, ['PUT', url + (await make(`p${index}`, action))]);
    const everywhere = await make('p9', 'pca:ca:get');
    await call(acme, 204, [
      'PUT',
      `/v3/OS-INHERIT/domains/${acme.account.accountId}/groups/${groupId}/roles/${everywhere}/inherited_to_projects`,
    ]);
    assert.equal(await may(identity, user, { action: 'kms:cmk:get' }), true);
    assert.equal(await may(identity, user, { action: 'kms:cmk:get', projectId: project.id }), false);
    assert.equal(await may(identity, user, { action: 'kms:cmk:list' }), false);
    assert.equal(await may(identity, user, { action: 'kms:cmk:list', projectId: project.id }), true);
    assert.equal(await may(identity, user, { action: 'pca:ca:get', projectId: project.id }), true);
    const inDepartment = { 'g:EnterpriseProjectId': department.id };
    assert.equal(await may(identity, user, { action: 'scm:cert:get', conditions: inDepartment }), true);
    assert.equal(
      await may(identity, user, { action: 'scm:cert:get', conditions: { 'g:EnterpriseProjectId': '0' } }),
      false,
    );
    assert.equal(
      await identity.iam.identity.enterpriseProjectTakesNew(acme.account.accountId, department.id),
      true,
    );
    assert.equal(await identity.iam.identity.enterpriseProjectTakesNew(acme.account.accountId, '0'), true);
    assert.equal(
      await identity.iam.identity.enterpriseProjectTakesNew(identity.globex.account.accountId, department.id),
      false,
    );
    assert.equal(await identity.iam.identity.projectExists(acme.account.accountId, project.id), true);
    assert.equal(
      await identity.iam.identity.projectExists(identity.globex.account.accountId, project.id),
      false,
    );
  });

  test('what is taken away is gone at once, on every path', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const full = policy(['pca:*:*']);
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => identity.addUser(acme, name, [full])));
    assert.ok(a && b && c);
    const groupOf = async (user: TestUser) =>
      (await call<{ groups: { id: string }[] }>(acme, 200, ['GET', `/v3/users/${user.userId}/groups`]))
        .groups[0]!.id;
    for (const user of [a, b, c]) assert.equal(await may(identity, user, { action: 'pca:ca:create' }), true);

    await call(acme, 204, ['DELETE', `/v3/groups/${await groupOf(a)}/users/${a.userId}`]);
    await call(acme, 204, ['DELETE', `/v3/groups/${await groupOf(b)}`]);
    const { roles } = await call<{ roles: { id: string; display_name: string }[] }>(acme, 200, [
      'GET',
      '/v3.0/OS-ROLE/roles',
    ]);
    const roleId = roles.find((role) => role.display_name === 'c 0')!.id;
    await call(acme, 200, [
      'PATCH',
      `/v3.0/OS-ROLE/roles/${roleId}`,
      { role: { policy: policy(['pca:ca:get']) } },
    ]);
    for (const user of [a, b, c]) assert.equal(await may(identity, user, { action: 'pca:ca:create' }), false);
    assert.equal(await may(identity, c, { action: 'pca:ca:get' }), true);
    const refused = await call<object>(acme, 409, ['DELETE', `/v3.0/OS-ROLE/roles/${roleId}`]);
    assert.match(JSON.stringify(refused), /by kind of subject: group: 1\. Revoke these grants first/);
    assert.equal(await may(identity, c, { action: 'pca:ca:get' }), true);
    await call(acme, 204, ['DELETE', `/v3/groups/${await groupOf(c)}`]);
    await call(acme, 200, ['DELETE', `/v3.0/OS-ROLE/roles/${roleId}`]);
    assert.equal(await may(identity, c, { action: 'pca:ca:get' }), false);
  });

  test('a copy of an actor has no grants, a system actor needs none', async () => {
    const identity = await createTestIdentity(await open());
    const user = await identity.addUser(identity.acme, 'u', ['PCA FullAccess']);
    const actor = await user.actor();
    await identity.iam.identity.authorize(actor, { action: 'pca:ca:get' });
    await assert.rejects(
      identity.iam.identity.authorize({ ...actor }, { action: 'pca:ca:get' }),
      AccessDenied,
    );
    const system = identity.iam.identity.systemActor(identity.acme.account.accountId, 'crl publication');
    await identity.iam.identity.authorize(system, { action: 'pca:ca:get' });
    assert.equal(system.principalName, 'crl publication');
  });

  test('every refusal is a record: who, what, from where', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const user = await identity.addUser(acme, 'u', []);
    await may(identity, user, { action: 'pca:ca:delete', resource: 'pca:r:a:ca:1' });
    await call(user, 403, ['GET', '/v3/users']);
    interface Records {
      records: {
        action: string;
        result: string;
        resource: object;
        principal: object;
        source_ip: string;
        detail: string;
      }[];
      page_info: { next_marker: string | null };
    }
    const { records } = await call<Records>(acme, 200, [
      'GET',
      `/v1/audit/records?principal_id=${user.userId}&result=refused`,
    ]);
    assert.deepEqual(
      records.map((record) => record.action),
      ['iam:users:listUsers', 'pca:ca:delete'],
    );
    const [, refusal] = records;
    assert.deepEqual(refusal?.principal, { kind: 'user', id: user.userId, name: 'u' });
    assert.deepEqual(refusal?.resource, { type: 'ca', id: 'pca:r:a:ca:1', name: null });
    assert.equal(refusal?.source_ip, '127.0.0.1');
    assert.match(refusal?.detail ?? '', /not allowed by any policy/);

    // Pages follow one another without gap or overlap, newest first.
    const all = await call<Records>(acme, 200, ['GET', '/v1/audit/records?limit=1000']);
    const paged: string[] = [];
    let marker: string | null = '';
    while (marker !== null) {
      const url: string = `/v1/audit/records?limit=3${marker && `&marker=${marker}`}`;
      const page: Records = await call<Records>(acme, 200, ['GET', url]);
      paged.push(...page.records.map((record) => JSON.stringify(record)));
      marker = page.page_info.next_marker;
    }
    assert.deepEqual(
      paged,
      all.records.map((record) => JSON.stringify(record)),
    );
    const start = identity.clock.nowMs();
    identity.clock.advance(1000);
    await call(acme, 201, ['POST', '/v3/groups', { group: { name: 'late' } }]);
    const late = await call<Records>(acme, 200, ['GET', `/v1/audit/records?from=${start + 1}`]);
    assert.deepEqual(
      late.records.map((record) => record.action),
      ['iam:groups:createGroup'],
    );
    const early = await call<Records>(acme, 200, ['GET', `/v1/audit/records?to=${start + 1000}&limit=1000`]);
    assert.equal(early.records.length, all.records.length);

    await call(user, 403, ['GET', '/v1/audit/records']);
    const foreign = await call<Records>(globex, 200, [
      'GET',
      `/v1/audit/records?principal_id=${user.userId}`,
    ]);
    assert.deepEqual(foreign.records, []);
  });
});
