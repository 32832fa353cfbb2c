import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, send, type TestRequest } from '../../../test/support/identity.ts';
import { migrations } from '../index.ts';

interface Refusal {
  readonly action: string;
  readonly detail: string;
  readonly principal: { readonly id: string };
}

describeOnEachDatabase('the audit of refusals', migrations, (open) => {
  test('has one record of each 403, whatever it was for', async () => {
    const { acme, globex, app, call, ...identity } = await createTestIdentity(await open());
    const bob = await identity.addUser(acme, 'bob', ['Security Administrator']);
    const elsewhere = globex.account.accountId;
    const exchange = { methods: ['token'], token: { id: bob.token } };
    const assumption = { methods: ['assume_role'], assume_role: { agency_name: 'a', domain_name: 'globex' } };
    const logIn = (auth: object): TestRequest => ['POST', '/v3/auth/tokens', { auth }];
    const requests: (readonly [TestRequest, string])[] = [
      [['GET', `/v3.0/OS-SECURITYPOLICY/domains/${elsewhere}/login-policy`], 'iam:requests:getLoginPolicy'],
      [['POST', '/v3/users', { user: { name: 'x', domain_id: elsewhere } }], 'iam:requests:createUser'],
      [
        ['POST', `/v3/users/${acme.userId}/password`, { user: { password: 'a', original_password: 'b' } }],
        'iam:requests:changeOwnPassword',
      ],
      [
        ['PUT', `/v3.0/OS-USER/users/${acme.userId}/info`, { user: { email: 'a@b.test' } }],
        'iam:requests:updateUserInformation',
      ],
      [['DELETE', `/v3/users/${acme.userId}`], 'iam:requests:deleteUser'],
      [['PATCH', `/v3/users/${acme.userId}`, { user: { description: 'x' } }], 'iam:users:updateUser'],
      [['GET', '/v1/accounts'], 'iam:accounts:operate'],
      [['GET', '/v1/audit/records'], 'cts:trace:list'],
      [logIn({ identity: assumption }), 'iam:agencies:assume'],
      [logIn({ identity: exchange, scope: { project: { id: elsewhere } } }), 'iam:tokens:create'],
      [logIn({ identity: exchange, scope: { domain: { id: elsewhere } } }), 'iam:tokens:create'],
    ];
    const known = new Set<string>();
    for (const [request, action] of requests) {
      const { error } = await send<{ error: { message: string } }>(
        app,
        403,
        { 'x-auth-token': bob.token },
        request,
      );
      const { records } = await call<{ records: (Refusal & { record_id: string })[] }>(acme, 200, [
        'GET',
        '/v1/audit/records?result=refused',
      ]);
      const fresh = records.filter(({ record_id }) => !known.has(record_id));
      for (const { record_id } of fresh) known.add(record_id);
      assert.deepEqual(
        fresh.map((record) => [record.action, record.principal.id]),
        [[action, bob.userId]],
        request.join(' '),
      );
      assert.ok(error.message.includes(fresh[0]!.detail) || action === 'iam:accounts:operate');
    }
  });
});
