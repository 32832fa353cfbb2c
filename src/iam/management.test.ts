import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { createTestIdentity, inPerson, type TestRequest } from '../../test/support/identity.ts';
import { migrations } from './index.ts';

type Fields = Readonly<Record<string, string | boolean | number | null>>;

describeOnEachDatabase('identity management', migrations, (open) => {
  test('users in the interface that the Terraform provider speaks', async () => {
    const { acme, globex, call } = await createTestIdentity(await open());
    const create = {
      name: 'alice',
      domain_id: acme.account.accountId,
      password: 'Correct-Horse-1',
      email: 'alice@acme.test',
      areacode: '0086',
      phone: '13123456789',
      description: 'a person',
      access_mode: 'programmatic',
      enabled: true,
      pwd_status: true,
      xuser_id: 'alice@idp',
      xuser_type: 'TenantIdp',
    };
    const { user } = await call<{ user: Fields }>(acme, 201, [
      'POST',
      '/v3.0/OS-USER/users',
      { user: create },
    ]);
    const url = `/v3.0/OS-USER/users/${user.id}`;
    const { password: _, ...shown } = create;
    const { user: read } = await call<{ user: Fields }>(acme, 200, ['GET', url]);
    assert.deepEqual(Object.fromEntries(Object.keys(shown).map((name) => [name, read[name]])), shown);
    assert.equal(read.pwd_strength, 'Strong');
    assert.equal(read.create_time, '2025-11-28 09:30:00.0');
    assert.equal(JSON.stringify(read).includes('Correct-Horse'), false);

    const { user: updated } = await call<{ user: Fields }>(acme, 200, [
      'PUT',
      url,
      { user: { email: '', enabled: false } },
    ]);
    assert.deepEqual([updated.email, updated.enabled, updated.description], ['', false, 'a person']);
    assert.deepEqual(await call(acme, 200, ['GET', `${url}/login-protect`]), {
      login_protect: { user_id: user.id, enabled: false, verification_method: 'none' },
    });
    await call(acme, 400, [
      'PUT',
      `${url}/login-protect`,
      { login_protect: { enabled: true, verification_method: 'sms' } },
    ]);
    await call(acme, 200, [
      'PUT',
      `${url}/login-protect`,
      { login_protect: { enabled: false, verification_method: 'sms' } },
    ]);
    await call(acme, 409, ['POST', '/v3.0/OS-USER/users', { user: { name: 'alice' } }]);
    await call(acme, 409, [
      'POST',
      '/v3.0/OS-USER/users',
      { user: { name: 'other', xuser_id: 'alice@idp' } },
    ]);
    await call(globex, 404, ['GET', url]);
    await call(globex, 404, ['PUT', url, { user: { enabled: true } }]);
    await call(acme, 204, ['DELETE', `/v3/users/${user.id}`]);
    await call(acme, 404, ['GET', url]);
  });

  test("users in Keystone's interface", async () => {
    const { acme, globex, call } = await createTestIdentity(await open());
    const { user } = await call<{ user: Fields }>(acme, 201, [
      'POST',
      '/v3/users',
      { user: { name: 'bob', description: 'd' } },
    ]);
    const found = await call<{ users: Fields[]; links: object }>(acme, 200, ['GET', '/v3/users?name=bob']);
    assert.deepEqual(
      found.users.map((one) => [one.id, one.name, one.domain_id, one.enabled]),
      [[user.id, 'bob', acme.account.accountId, true]],
    );
    assert.deepEqual(found.links, { self: 'https://openccm.test/v3/users', previous: null, next: null });
    assert.equal((await call<{ users: Fields[] }>(acme, 200, ['GET', '/v3/users?name=bo'])).users.length, 0);
    assert.equal(
      (await call<{ users: Fields[] }>(globex, 200, ['GET', '/v3/users?name=bob'])).users.length,
      0,
    );
    assert.equal(
      (await call<{ users: Fields[] }>(acme, 200, ['GET', '/v3/users?enabled=false'])).users.length,
      0,
    );
    const renamed = await call<{ user: Fields }>(acme, 200, [
      'PATCH',
      `/v3/users/${user.id}`,
      { user: { name: 'robert' } },
    ]);
    assert.equal(renamed.user.name, 'robert');
    await call(acme, 403, [
      'POST',
      '/v3/users',
      { user: { name: 'x', domain_id: globex.account.accountId } },
    ]);
    await call(acme, 400, ['POST', '/v3/users', { user: { name: '1x' } }]);
    for (const method of ['GET', 'DELETE'] as const)
      await call(globex, 404, [method, `/v3/users/${user.id}`]);
    await call(globex, 404, ['PATCH', `/v3/users/${user.id}`, { user: { password: 'Taken-Over-1' } }]);
  });

  test('passwords must be good, and only users themselves change theirs knowing the old one', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    for (const password of ['short1A', 'alllowercase', 'aaaa-1111-B', 'x'.repeat(129)])
      await call(acme, 400, ['PATCH', `/v3/users/${bob.userId}`, { user: { password } }]);
    const url = `/v3/users/${bob.userId}/password`;
    const next = { password: 'Next-Password-1', original_password: bob.password };
    await call(acme, 403, ['POST', url, { user: next }]);
    await call(bob, 401, ['POST', url, { user: { ...next, original_password: 'wrong' } }]);
    await call(bob, 400, ['POST', url, { user: { ...next, password: bob.password } }]);
    await call(bob, 400, ['POST', url, { user: { ...next, password: 'weak' } }]);
    await call(bob, 204, ['POST', url, { user: next }]);
  });

  test('the root user stays what it is', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const admin = await identity.addUser(acme, 'admin', ['Security Administrator']);
    await call(admin, 403, ['PATCH', `/v3/users/${acme.userId}`, { user: { password: 'Taken-Over-1' } }]);
    await call(admin, 403, ['DELETE', `/v3/users/${acme.userId}`]);
    await call(acme, 403, ['PATCH', `/v3/users/${acme.userId}`, { user: { enabled: false } }]);
    await call(acme, 403, ['DELETE', `/v3/users/${acme.userId}`]);
    const { group } = await call<{ group: Fields }>(acme, 201, [
      'POST',
      '/v3/groups',
      { group: { name: 'g' } },
    ]);
    await call(acme, 403, ['PUT', `/v3/groups/${group.id}/users/${acme.userId}`]);
  });

  test('groups and their members', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const { group } = await call<{ group: Fields }>(acme, 201, [
      'POST',
      '/v3/groups',
      { group: { name: 'admins', description: 'd' } },
    ]);
    const url = `/v3/groups/${group.id}`;
    await call(acme, 409, ['POST', '/v3/groups', { group: { name: 'admins' } }]);
    await call(acme, 404, ['HEAD', `${url}/users/${bob.userId}`]);
    await call(acme, 404, ['DELETE', `${url}/users/${bob.userId}`]);
    for (let twice = 0; twice < 2; twice++) await call(acme, 204, ['PUT', `${url}/users/${bob.userId}`]);
    await call(acme, 204, ['HEAD', `${url}/users/${bob.userId}`]);
    const { users } = await call<{ users: Fields[] }>(acme, 200, ['GET', `${url}/users`]);
    assert.deepEqual(
      users.map((user) => user.name),
      ['bob'],
    );
    const { groups } = await call<{ groups: Fields[] }>(bob, 200, ['GET', `/v3/users/${bob.userId}/groups`]);
    assert.deepEqual(
      groups.map((one) => one.name),
      ['admins', 'bob-group'],
    );
    const found = await call<{ groups: Fields[] }>(acme, 200, [
      'GET',
      `/v3/groups?name=admins&domain_id=${acme.account.accountId}`,
    ]);
    assert.deepEqual(
      found.groups.map((one) => one.id),
      [group.id],
    );
    await call(acme, 200, ['PATCH', url, { group: { name: 'operators' } }]);

    for (const request of [
      ['GET', url],
      ['PATCH', url, { group: { name: 'mine' } }],
      ['DELETE', url],
      ['GET', `${url}/users`],
      ['PUT', `${url}/users/${globex.userId}`],
    ] satisfies TestRequest[])
      await call(globex, 404, request);
    await call(acme, 404, ['PUT', `${url}/users/${globex.userId}`]);
    await call(acme, 204, ['DELETE', `${url}/users/${bob.userId}`]);
    await call(acme, 204, ['DELETE', url]);
    await call(acme, 404, ['GET', url]);
  });

  test('access keys: own ones without a permission, at most two, the secret shown once', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const bob = await inPerson(identity, await identity.addUser(acme, 'bob', []));
    const eve = await inPerson(identity, await identity.addUser(acme, 'eve', []));
    const url = '/v3.0/OS-CREDENTIAL/credentials';
    const create = { credential: { user_id: bob.userId, description: 'ci' } };
    const { credential } = await call<{ credential: Fields }>(bob, 201, ['POST', url, create]);
    assert.match(String(credential.access), /^[A-Z0-9]{20}$/);
    assert.match(String(credential.secret), /^[A-Za-z0-9]{40}$/);
    assert.deepEqual([credential.status, credential.create_time], ['active', '2025-11-28T09:30:00.000000Z']);
    await call(acme, 201, ['POST', url, create]);
    await call(bob, 409, ['POST', url, create]);
    const race = Array.from({ length: 6 }, () =>
      identity.app.inject({
        method: 'POST',
        url,
        headers: { 'x-auth-token': eve.token },
        payload: { credential: { user_id: eve.userId } },
      }),
    );
    const statuses = (await Promise.all(race)).map((response) => response.statusCode);
    assert.deepEqual(statuses.sort(), [201, 201, 409, 409, 409, 409], 'also at the same time');
    const { credentials } = await call<{ credentials: Fields[] }>(bob, 200, ['GET', url]);
    assert.equal(credentials.length, 2);
    assert.equal(
      credentials.some((key) => 'secret' in key),
      false,
    );
    const one = `${url}/${credential.access}`;
    const read = await call<{ credential: Fields }>(bob, 200, ['GET', one]);
    assert.equal('secret' in read.credential, false);
    for (const [user, status] of [
      [eve, 403],
      [globex, 404],
    ] as const) {
      await call(user, status, ['GET', one]);
      await call(user, status, ['PUT', one, { credential: { status: 'inactive' } }]);
      await call(user, status, ['DELETE', one]);
    }
    await call(eve, 403, ['POST', url, create]);
    await call(globex, 404, ['POST', url, create]);
    const { credential: off } = await call<{ credential: Fields }>(bob, 200, [
      'PUT',
      one,
      { credential: { status: 'inactive', description: '' } },
    ]);
    assert.deepEqual([off.status, off.description], ['inactive', '']);
    await call(bob, 204, ['DELETE', one]);
    // Without a permission to see others' keys, a key that is gone looks like one of somebody else.
    await call(bob, 403, ['GET', one]);
    await call(acme, 404, ['GET', one]);
  });

  test('without a permission nothing of others is seen or changed', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const bob = await identity.addUser(acme, 'bob', ['Tenant Administrator']);
    const requests: TestRequest[] = [
      ['GET', '/v3/users'],
      ['POST', '/v3/users', { user: { name: 'x' } }],
      ['GET', `/v3/users/${acme.userId}`],
      ['PATCH', `/v3/users/${bob.userId}`, { user: { description: 'x' } }],
      ['DELETE', `/v3/users/${bob.userId}`],
      ['GET', '/v3/groups'],
      ['POST', '/v3/groups', { group: { name: 'x' } }],
      ['GET', '/v3/roles'],
      [
        'POST',
        '/v3.0/OS-ROLE/roles',
        { role: { display_name: 'x', type: 'AX', description: '', policy: {} } },
      ],
      ['POST', '/v3/projects', { project: { name: 'x' } }],
      ['GET', '/v3.0/OS-AGENCY/agencies'],
      ['POST', '/v3.0/OS-AGENCY/agencies', { agency: { name: 'x', trust_domain_name: 'op_svc_x' } }],
      ['GET', '/v3.0/OS-PERMISSION/role-assignments'],
      ['GET', '/v3/OS-FEDERATION/identity_providers'],
      ['PUT', '/v3/OS-FEDERATION/identity_providers/x', { identity_provider: {} }],
    ];
    for (const request of requests) await call(bob, 403, request);
    await call(bob, 200, ['GET', `/v3/users/${bob.userId}`]);
    await call(bob, 200, ['GET', `/v3/users/${bob.userId}/projects`]);
    await call(bob, 200, ['GET', '/v1.0/enterprise-projects']);
  });
});
