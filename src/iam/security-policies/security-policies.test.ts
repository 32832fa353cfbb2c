import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, login } from '../../../test/support/identity.ts';
import { migrations } from '../index.ts';
import { logIn, policyUrl, refusalsOf } from './security-policies.fixture.ts';

const minuteMs = 60_000;

describeOnEachDatabase('security policies', migrations, (open) => {
  test('an account reads defaults, sets some fields and keeps the others', async () => {
    const { acme, globex, call } = await createTestIdentity(await open());
    const password = policyUrl(acme, 'password-policy');
    const defaults = {
      maximum_consecutive_identical_chars: 3,
      maximum_password_length: 128,
      minimum_password_age: 0,
      minimum_password_length: 8,
      number_of_recent_passwords_disallowed: 1,
      password_not_username_or_invert: true,
      password_requirements:
        'A password must contain at least 2 of the following: uppercase letters, lowercase letters, digits, and special characters.',
      password_validity_period: 0,
      password_char_combination: 2,
    };
    assert.deepEqual(await call(acme, 200, ['GET', password]), { password_policy: defaults });
    const sent = { minimum_password_length: 12, password_char_combination: 4 };
    const set = await call(acme, 200, ['PUT', password, { password_policy: sent }]);
    const requirements = defaults.password_requirements.replace('2', '4');
    const expected = { password_policy: { ...defaults, ...sent, password_requirements: requirements } };
    assert.deepEqual(set, expected);
    assert.deepEqual(await call(acme, 200, ['GET', password]), expected);
    assert.deepEqual(await call(globex, 200, ['GET', policyUrl(globex, 'password-policy')]), {
      password_policy: defaults,
    });

    const loginPolicy = {
      account_validity_period: 99,
      custom_info_for_login: 'Welcome',
      lockout_duration: 30,
      login_failed_times: 3,
      period_with_login_failures: 60,
      session_timeout: 16,
      show_recent_login_info: true,
    };
    const url = policyUrl(acme, 'login-policy');
    assert.deepEqual(await call(acme, 200, ['GET', url]), {
      login_policy: {
        account_validity_period: 0,
        custom_info_for_login: '',
        lockout_duration: 15,
        login_failed_times: 5,
        period_with_login_failures: 15,
        session_timeout: 60,
        show_recent_login_info: false,
      },
    });
    assert.deepEqual(await call(acme, 200, ['PUT', url, { login_policy: loginPolicy }]), {
      login_policy: loginPolicy,
    });
  });

  test('values outside the ranges, entries that are none and other accounts are refused', async () => {
    const { acme, globex, call } = await createTestIdentity(await open());
    for (const [kind, policy] of [
      ['password-policy', { password_policy: { minimum_password_length: 5 } }],
      ['password-policy', { password_policy: { number_of_recent_passwords_disallowed: 11 } }],
      ['password-policy', {}],
      ['login-policy', { login_policy: { session_timeout: 14 } }],
      ['login-policy', { login_policy: { login_failed_times: 2 } }],
      ['api-acl-policy', { api_acl_policy: {} }],
      ['api-acl-policy', { api_acl_policy: { allow_ip_ranges: [] } }],
      ['api-acl-policy', { api_acl_policy: { allow_ip_ranges: [{ ip_range: '9.9.9.9-1.1.1.1' }] } }],
      ['api-acl-policy', { api_acl_policy: { allow_vpc_endpoints: [{ vpc_endpoint_id: 'x' }] } }],
      [
        'console-acl-policy',
        { console_acl_policy: { allow_address_netmasks: [{ address_netmask: 'here' }] } },
      ],
    ] as const)
      await call(acme, 400, ['PUT', policyUrl(acme, kind), policy]);
    for (const kind of ['password-policy', 'login-policy', 'api-acl-policy', 'console-acl-policy']) {
      await call(globex, 403, ['GET', policyUrl(acme, kind)]);
      await call(globex, 403, ['PUT', policyUrl(acme, kind), { [kind.replaceAll('-', '_')]: {} }]);
    }
    assert.deepEqual(await call(acme, 200, ['GET', policyUrl(acme, 'api-acl-policy')]), {
      api_acl_policy: {},
    });
  });

  test('each operation needs its permission', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const reader = {
      Version: '1.1',
      Statement: [{ Effect: 'Allow', Action: ['iam:securitypolicies:get*'] }],
    };
    const bob = await identity.addUser(acme, 'bob', [reader]);
    const eve = await identity.addUser(acme, 'eve', []);
    const address = [{ ip_range: '0.0.0.0-255.255.255.255' }];
    for (const [kind, policy] of [
      ['password-policy', { password_policy: { minimum_password_length: 6 } }],
      ['login-policy', { login_policy: { session_timeout: 15 } }],
      ['api-acl-policy', { api_acl_policy: { allow_ip_ranges: address } }],
      ['console-acl-policy', { console_acl_policy: { allow_ip_ranges: address } }],
    ] as const) {
      await call(bob, 200, ['GET', policyUrl(acme, kind)]);
      await call(bob, 403, ['PUT', policyUrl(acme, kind), policy]);
      await call(eve, 403, ['GET', policyUrl(acme, kind)]);
    }
  });

  test("the account's rules hold wherever a password is set", async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const bob = await identity.addUser(acme, 'bob-bobson', []);
    const set = (password_policy: object) =>
      call(acme, 200, ['PUT', policyUrl(acme, 'password-policy'), { password_policy }]);
    const passwordUrl = `/v3/users/${bob.userId}/password`;
    const everywhere = async (password: string) => {
      await call(acme, 400, ['POST', '/v3/users', { user: { name: 'new', password } }]);
      await call(acme, 400, ['POST', '/v3.0/OS-USER/users', { user: { name: 'new', password } }]);
      await call(acme, 400, ['PATCH', `/v3/users/${bob.userId}`, { user: { password } }]);
      await call(acme, 400, ['PUT', `/v3.0/OS-USER/users/${bob.userId}`, { user: { password } }]);
      await call(bob, 400, ['POST', passwordUrl, { user: { password, original_password: bob.password } }]);
    };
    await set({ minimum_password_length: 20 });
    await everywhere('Correct-Horse-22');
    await set({ minimum_password_length: 8, password_char_combination: 4 });
    await everywhere('CorrectHorse22');
    await set({ password_char_combination: 2, maximum_consecutive_identical_chars: 1 });
    await everywhere('Correct-Horse-22');
    await set({ maximum_consecutive_identical_chars: 0 });
    const reversed = { user: { password: 'nosbob-BOB' } };
    await call(acme, 400, ['PATCH', `/v3/users/${bob.userId}`, reversed]);
    await set({ password_not_username_or_invert: false });
    await call(acme, 200, ['PATCH', `/v3/users/${bob.userId}`, reversed]);
  });

  test('earlier passwords cannot be set again, by the user or for it; a match is on record', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock, app } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const url = `/v3/users/${bob.userId}`;
    const policy = { password_policy: { number_of_recent_passwords_disallowed: 3 } };
    await call(acme, 200, ['PUT', policyUrl(acme, 'password-policy'), policy]);
    for (const password of ['Second-Horse-2', 'Third-Horse-33']) {
      clock.advance(minuteMs);
      await call(acme, 200, ['PATCH', url, { user: { password } }]);
    }
    for (const password of [bob.password, 'Second-Horse-2', 'Third-Horse-33'])
      await call(acme, 400, ['PATCH', url, { user: { password } }]);
    const asBob = { ...bob, password: 'Third-Horse-33' };
    const token = await login(app, asBob);
    const own = { password: 'Second-Horse-2', original_password: 'Third-Horse-33' };
    await call({ ...asBob, token }, 400, ['POST', `${url}/password`, { user: own }]);
    assert.equal((await refusalsOf(identity, acme, 'iam:users:changePassword')).length, 4);

    clock.advance(minuteMs);
    await call({ ...asBob, token }, 204, [
      'POST',
      `${url}/password`,
      { user: { ...own, password: 'Fourth-Horse-4' } },
    ]);
    clock.advance(minuteMs);
    await call(acme, 200, ['PATCH', url, { user: { password: bob.password } }]);
    assert.equal((await logIn(identity, bob)).statusCode, 201, 'the fourth before may come again');
  });

  test('a password that has expired serves to choose another one only', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock, app } = identity;
    const bob = await identity.addUser(acme, 'bob', ['FullAccess']);
    const policy = { password_policy: { password_validity_period: 30 } };
    await call(acme, 200, ['PUT', policyUrl(acme, 'password-policy'), policy]);
    const url = `/v3/users/${bob.userId}`;
    const { user } = await call<{ user: { password_expires_at: string } }>(acme, 200, ['GET', url]);
    assert.equal(user.password_expires_at, '2025-12-28T09:30:00.000000');
    clock.advance(30 * 24 * 60 * minuteMs - 1);
    await call({ ...bob, token: await login(app, bob) }, 200, ['GET', '/v3/users']);

    clock.advance(1);
    const expired = { ...bob, token: await login(app, bob, { domain: { name: 'acme' } }) };
    const answer = await call<{ error: { message: string } }>(expired, 403, ['GET', '/v3/users']);
    assert.match(answer.error.message, /must be changed first \(password_validity_period\)/);
    const exchange = { auth: { identity: { methods: ['token'], token: { id: expired.token } } } };
    await call(expired, 403, ['POST', '/v3/auth/tokens', exchange]);
    const next = { password: 'Second-Horse-2', original_password: bob.password };
    await call(expired, 204, ['POST', `${url}/password`, { user: next }]);
    const fresh = { ...bob, password: next.password };
    await call({ ...fresh, token: await login(app, fresh) }, 200, ['GET', '/v3/users']);
  });

  test('a password that is too young is not changed by its user, but by an administrator', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const policy = { password_policy: { minimum_password_age: 10 } };
    await call(acme, 200, ['PUT', policyUrl(acme, 'password-policy'), policy]);
    const url = `/v3/users/${bob.userId}`;
    const change = { user: { password: 'Second-Horse-2', original_password: bob.password } };
    clock.advance(10 * minuteMs - 1);
    await call(bob, 400, ['POST', `${url}/password`, change]);
    clock.advance(1);
    await call(bob, 204, ['POST', `${url}/password`, change]);
    await call(acme, 200, ['PATCH', url, { user: { password: 'Third-Horse-33' } }]);
  });
});
