import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  createTestIdentity,
  login,
  type TestIdentity,
  type TestUser,
} from '../../../test/support/identity.ts';
import { migrations } from '../index.ts';
import { AddressList } from './address-list.ts';

const minuteMs = 60_000;

/** The path of a policy of the user's account. */
function policyUrl(user: TestUser, kind: string): string {
  return `/v3.0/OS-SECURITYPOLICY/domains/${user.account.accountId}/${kind}`;
}

function logIn({ app }: TestIdentity, user: TestUser, password = user.password, remoteAddress = '127.0.0.1') {
  const named = { name: user.name, password, domain: { name: user.account.accountName } };
  const payload = { auth: { identity: { methods: ['password'], password: { user: named } } } };
  return app.inject({ method: 'POST', url: '/v3/auth/tokens', payload, remoteAddress });
}

async function statusOf({ app }: TestIdentity, user: TestUser, options: Partial<InjectOptions> = {}) {
  const request = { method: 'GET' as const, url: `/v3/users/${user.userId}`, ...options };
  return (await app.inject({ ...request, headers: { 'x-auth-token': user.token } })).statusCode;
}

async function refusalsOf({ call }: TestIdentity, root: TestUser, action: string): Promise<string[]> {
  const url = `/v1/audit/records?result=refused&action=${action}`;
  const { records } = await call<{ records: { detail: string }[] }>(root, 200, ['GET', url]);
  return records.map((record) => record.detail);
}

describe('a list of addresses', () => {
  const entry = (addresses: string) => ({ addresses, description: '' });
  const list = (...entries: string[]) => new AddressList({ blocks: entries.map(entry), ranges: [] });

  it('has single addresses, blocks and ranges of both families', () => {
    const some = list(
      '192.0.2.7',
      '198.51.100.9/24',
      '203.0.113.5-203.0.113.8',
      '2001:db8::/32',
      'fd00::1-fd00::9',
    );
    for (const address of ['192.0.2.7', '198.51.100.200', '203.0.113.8', '2001:db8:1::5', 'fd00::9'])
      assert.equal(some.allows(address), true, address);
    for (const address of [
      '192.0.2.8',
      '198.51.101.1',
      '203.0.113.9',
      '2001:db9::1',
      'fd00::a',
      '',
      'localhost',
    ])
      assert.equal(some.allows(address), false, address);
    assert.equal(some.allows(undefined), false);
  });

  it('judges an IPv4-mapped address as the IPv4 address, in requests and in entries', () => {
    assert.equal(list('192.0.2.0/24').allows('::ffff:192.0.2.1'), true);
    assert.equal(list('192.0.2.0/24').allows('::ffff:c000:301'), false);
    assert.equal(list('::ffff:192.0.2.0/120').allows('192.0.2.1'), true);
  });

  it("takes the vendor's everything as IPv6 too, but no other list of IPv4", () => {
    assert.equal(list('0.0.0.0-255.255.255.255').allows('2001:db8::1'), true);
    assert.equal(list('0.0.0.0/0').allows('2001:db8::1'), true);
    assert.equal(list('0.0.0.0-255.255.255.254').allows('2001:db8::1'), false);
  });

  it('refuses what is no entry', () => {
    for (const text of [
      '',
      'localhost',
      '192.0.2.1/33',
      '192.0.2.0/',
      '192.0.2.9-192.0.2.1',
      '192.0.2.1-::1',
      '1.1.1.1-2.2.2.2-3',
    ])
      assert.throws(() => list(text), RangeError, text);
  });
});

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

  test('requests come from the addresses of api-acl-policy only, except those of the root user', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, app } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const blocks = [
      { address_netmask: '192.0.2.0/24', description: 'office' },
      { address_netmask: '2001:db8::/32' },
    ];
    const policy = { api_acl_policy: { allow_address_netmasks: blocks } };
    const set = await call(acme, 200, ['PUT', policyUrl(acme, 'api-acl-policy'), policy]);
    assert.deepEqual(set, {
      api_acl_policy: { allow_address_netmasks: [blocks[0], { ...blocks[1], description: '' }] },
    });
    for (const remoteAddress of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8::5'])
      assert.equal(await statusOf(identity, bob, { remoteAddress }), 200, remoteAddress);
    for (const remoteAddress of ['127.0.0.1', '::ffff:198.51.100.1', '2001:db9::5'])
      assert.equal(await statusOf(identity, bob, { remoteAddress }), 403, remoteAddress);
    assert.equal(await statusOf(identity, acme, { remoteAddress: '198.51.100.1' }), 200);

    const identityPart = { methods: ['token'], token: { id: bob.token } };
    for (const url of ['/v3/auth/tokens', '/v3.0/OS-CREDENTIAL/securitytokens']) {
      const payload = { auth: { identity: identityPart } };
      assert.equal((await app.inject({ method: 'POST', url, payload })).statusCode, 403, url);
    }
    assert.equal((await logIn(identity, bob)).statusCode, 201, 'logins have a list of their own');
    const refusals = await refusalsOf(identity, acme, 'iam:tokens:use');
    assert.equal(refusals.length, 5);
    assert.match(refusals[0]!, /127\.0\.0\.1 is not in the api-acl-policy/);
  });

  test('passwords are taken from the addresses of console-acl-policy only', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const ranges = { allow_ip_ranges: [{ ip_range: '192.0.2.1-192.0.2.9', description: '' }] };
    const v6 = { allow_address_netmasks_ipv6: [{ address_netmask: 'fd00::/8', description: '' }] };
    const policy = { console_acl_policy: { ...ranges, ...v6 } };
    assert.deepEqual(await call(acme, 200, ['PUT', policyUrl(acme, 'console-acl-policy'), policy]), policy);
    const from = async (address: string, password = bob.password) =>
      (await logIn(identity, bob, password, address)).statusCode;
    assert.equal(await from('192.0.2.5'), 201);
    assert.equal(await from('fd12::1'), 201);
    assert.equal(await from('192.0.2.10'), 403);
    assert.equal(await from('192.0.2.10', 'Wrong-Password-1'), 401, 'tells a guesser nothing');
    assert.equal((await logIn(identity, acme, acme.password, '192.0.2.10')).statusCode, 201);
    assert.equal(await statusOf(identity, bob), 200, 'sessions that exist are not logins');
    const [refusal] = await refusalsOf(identity, acme, 'iam:tokens:create');
    assert.match((await refusalsOf(identity, acme, 'iam:tokens:create')).join(), /console-acl-policy/);
    assert.ok(refusal);
  });

  test('an administrator cannot shut itself out', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const bob = await identity.addUser(acme, 'bob', ['Security Administrator']);
    for (const name of ['api_acl_policy', 'console_acl_policy']) {
      const url = policyUrl(acme, name.replaceAll('_', '-'));
      const only = (ip_range: string) => ({ [name]: { allow_ip_ranges: [{ ip_range }] } });
      await call(bob, 400, ['PUT', url, only('192.0.2.1-192.0.2.9')]);
      assert.deepEqual(await call(bob, 200, ['GET', url]), { [name]: {} });
      await call(bob, 200, ['PUT', url, only('127.0.0.0-127.0.0.255')]);
    }
  });
});
