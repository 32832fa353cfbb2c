import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity } from '../../../test/support/identity.ts';
import { migrations } from '../index.ts';
import { AddressList } from './address-list.ts';
import { logIn, policyUrl, refusalsOf, statusOf } from './security-policies.fixture.ts';

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

describeOnEachDatabase('address lists of accounts', migrations, (open) => {
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
    const right = await logIn(identity, bob, bob.password, '192.0.2.10');
    const wrong = await logIn(identity, bob, 'Wrong-Password-1', '192.0.2.10');
    assert.equal(right.statusCode, 401);
    assert.equal(right.body, wrong.body, 'tells a guesser nothing');
    for (let attempt = 0; attempt < 3; attempt += 1)
      assert.equal((await logIn(identity, bob, bob.password, '192.0.2.10')).body, wrong.body);
    assert.match((await logIn(identity, bob, bob.password, '192.0.2.10')).body, /Too many failures/);
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
