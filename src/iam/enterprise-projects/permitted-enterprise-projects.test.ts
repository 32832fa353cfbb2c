import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, type TestIdentity, type TestUser } from '../../../test/support/identity.ts';
import { AccessDenied } from '../../platform/errors.ts';
import { migrations } from '../index.ts';

const listing = { action: 'scm:cert:list', aliases: ['scm:cert:lists'] };

function policy(effect: 'Allow' | 'Deny', condition?: object): object {
  const statement = { Effect: effect, Action: [listing.action] };
  return { Version: '5.0', Statement: [condition ? { ...statement, Condition: condition } : statement] };
}

async function department({ acme, call }: TestIdentity, name: string): Promise<string> {
  const body = { name };
  const answer = await call<{ enterprise_project: { id: string } }>(acme, 201, [
    'POST',
    '/v1.0/enterprise-projects',
    body,
  ]);
  return answer.enterprise_project.id;
}

/** Gives the user's group this policy in the enterprise project only. */
async function grantIn({ acme, call }: TestIdentity, user: TestUser, projectId: string, document: object) {
  const { groups } = await call<{ groups: { id: string }[] }>(acme, 200, [
    'GET',
    `/v3/users/${user.userId}/groups`,
  ]);
  const role = { display_name: `in ${projectId}`, type: 'XA', description: '', policy: document };
  const made = await call<{ role: { id: string } }>(acme, 201, ['POST', '/v3.0/OS-ROLE/roles', { role }]);
  const place = `/v3.0/OS-PERMISSION/enterprise-projects/${projectId}/groups/${groups[0]!.id}`;
  await call(acme, 204, ['PUT', `${place}/roles/${made.role.id}`]);
}

async function permitted({ iam }: TestIdentity, user: TestUser) {
  return iam.identity.permittedEnterpriseProjects(await user.actor(), listing);
}

describeOnEachDatabase('enterprise projects of which an actor may see the resources', migrations, (open) => {
  test('all for the root user, for a system actor and for a grant on the whole account', async () => {
    const identity = await createTestIdentity(await open());
    await department(identity, 'one');
    const user = await identity.addUser(identity.acme, 'u', [policy('Allow')]);
    assert.equal(await permitted(identity, identity.acme), 'all');
    assert.equal(await permitted(identity, user), 'all');
    const system = identity.iam.identity.systemActor(identity.acme.account.accountId, 'sweep');
    assert.equal(await identity.iam.identity.permittedEnterpriseProjects(system, listing), 'all');
  });

  test('only those of the grants, however many others there are', async () => {
    const identity = await createTestIdentity(await open());
    const [one, two] = [await department(identity, 'one'), await department(identity, 'two')];
    const user = await identity.addUser(identity.acme, 'u', []);
    await grantIn(identity, user, two, policy('Allow'));
    assert.deepEqual(await permitted(identity, user), [two]);
    await grantIn(identity, user, one, policy('Allow'));
    assert.deepEqual([...(await permitted(identity, user))].toSorted(), [one, two].toSorted());
  });

  test('without what a policy denies, though it allows the account', async () => {
    const identity = await createTestIdentity(await open());
    const [one, two] = [await department(identity, 'one'), await department(identity, 'two')];
    const secret = { StringEquals: { 'g:EnterpriseProjectId': [one] } };
    const user = await identity.addUser(identity.acme, 'u', [policy('Allow'), policy('Deny', secret)]);
    assert.deepEqual(await permitted(identity, user), ['0', two]);
  });

  test('none is a refusal, which is recorded', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    await department(identity, 'one');
    const user = await identity.addUser(acme, 'u', []);
    await assert.rejects(permitted(identity, user), AccessDenied);
    const { records } = await call<{ records: { action: string; result: string }[] }>(acme, 200, [
      'GET',
      '/v1/audit/records?limit=5',
    ]);
    assert.ok(records.some(({ action, result }) => action === listing.action && result === 'refused'));
    const elsewhere = policy('Allow', { Null: { 'g:EnterpriseProjectId': ['true'] } });
    await assert.rejects(permitted(identity, await identity.addUser(acme, 'v', [elsewhere])), AccessDenied);
  });
});
