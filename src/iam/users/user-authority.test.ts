import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  createTestIdentity,
  type TestIdentity,
  type TestRequest,
  type TestUser,
} from '../../../test/support/identity.ts';
import { migrations } from '../index.ts';

const keysUrl = '/v3.0/OS-CREDENTIAL/credentials';

async function refusals({ call, acme }: TestIdentity, user: TestUser): Promise<object[]> {
  const url = `/v1/audit/records?result=refused&principal_id=${user.userId}`;
  return (await call<{ records: object[] }>(acme, 200, ['GET', url])).records;
}

describeOnEachDatabase('authority over users and groups', migrations, (open) => {
  test('nobody shuts out those who may do more', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const clerk = await identity.addUser(acme, 'clerk', ['Security Administrator']);
    const strong = await identity.addUser(acme, 'strong', ['FullAccess']);
    const made = await call<{ credential: { access: string } }>(acme, 201, [
      'POST',
      keysUrl,
      { credential: { user_id: strong.userId } },
    ]);
    const key = `${keysUrl}/${made.credential.access}`;
    const user = `/v3.0/OS-USER/users/${strong.userId}`;
    const forbidden: TestRequest[] = [
      ...[
        { enabled: false },
        { pwd_status: true },
        { pwd_status: false },
        { access_mode: 'console' },
        { xuser_id: '' },
        { name: 'feeble' },
      ].map((fields): TestRequest => ['PUT', user, { user: fields }]),
      ['PATCH', `/v3/users/${strong.userId}`, { user: { name: 'feeble' } }],
      ['DELETE', `/v3/users/${strong.userId}`],
      ['PUT', key, { credential: { status: 'inactive' } }],
      ['DELETE', key],
    ];
    for (const request of forbidden) await call(clerk, 403, request);
    assert.equal((await refusals(identity, clerk)).length, forbidden.length);
    await call(strong, 200, ['GET', '/v3/auth/domains']);
    await call(clerk, 200, ['PUT', user, { user: { description: 'in charge' } }]);
    await call(acme, 200, ['PUT', user, { user: { enabled: false } }]);
    await call(acme, 204, ['DELETE', `/v3/users/${strong.userId}`]);
  });

  test('the answer to a refused change of a password does not tell whether it is the right one', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const clerk = await identity.addUser(acme, 'clerk', ['Security Administrator']);
    const strong = await identity.addUser(acme, 'strong', ['FullAccess']);
    for (const { userId, password } of [strong, acme])
      for (const guess of [password, 'Wrong-Horse-1'])
        await call(clerk, 403, ['PATCH', `/v3/users/${userId}`, { user: { password: guess } }]);
  });

  test('no other name gets round what policies say about names', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const rename: object = {
      Version: '5.0',
      Statement: [{ Effect: 'Allow', Action: ['iam:users:updateUser', 'kms:cmk:list'] }],
    };
    const forName = (Effect: string, name: string) => ({
      Version: '5.0',
      Statement: [
        { Effect, Action: ['kms:cmk:create'], Condition: { StringEquals: { 'g:UserName': [name] } } },
      ],
    });
    const wishful = await identity.addUser(acme, 'wishful', [rename, forName('Allow', 'boss')]);
    const denied = await identity.addUser(acme, 'denied', [
      { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['kms:*', 'iam:users:updateUser'] }] },
      forName('Deny', 'denied'),
    ]);
    const plain = await identity.addUser(acme, 'plain', [rename]);
    const to = ({ userId }: TestUser, name: string): TestRequest => [
      'PATCH',
      `/v3/users/${userId}`,
      { user: { name } },
    ];
    await call(wishful, 403, to(wishful, 'boss'));
    await call(denied, 403, to(denied, 'other'));
    await call(plain, 403, to(wishful, 'boss'));
    await call(plain, 200, to(plain, 'simple'));
    await call(wishful, 200, to(wishful, 'wishful'));
    await call(acme, 200, to(wishful, 'boss'));
  });

  test('whoever renames a group has what it grants: mappings find it by its name', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const clerk = await identity.addUser(acme, 'clerk', ['Security Administrator']);
    await identity.addUser(acme, 'strong', ['FullAccess']);
    await identity.addUser(acme, 'weak', []);
    const { groups } = await call<{ groups: { id: string; name: string }[] }>(acme, 200, [
      'GET',
      '/v3/groups',
    ]);
    const update = (name: string, fields: object): TestRequest => [
      'PATCH',
      `/v3/groups/${groups.find((group) => group.name === name)!.id}`,
      { group: fields },
    ];
    await call(clerk, 200, update('weak-group', { name: 'strong-group-2' }));
    await call(clerk, 403, update('strong-group', { name: 'weak-group' }));
    await call(clerk, 200, update('strong-group', { description: 'strong' }));
  });
});
