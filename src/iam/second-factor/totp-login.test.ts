import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { actorOfToken, createTestIdentity, type TestUser } from '../../../test/support/identity.ts';
import {
  bindAuthenticator,
  byRecoveryCode,
  byTotp,
  inPerson,
  loginWith,
  refusedLogin,
} from '../../../test/support/second-factor.ts';
import { migrations } from '../index.ts';
import type { IamTables } from '../tables.ts';

const step = 30_000;
const minute = 60_000;
const protect = (enabled: boolean, verification_method = 'vmfa') => ({
  login_protect: { enabled, verification_method },
});
const protectUrl = (user: TestUser) => `/v3.0/OS-USER/users/${user.userId}/login-protect`;

describeOnEachDatabase('logins with one-time passwords', migrations, (open) => {
  async function world() {
    const database = await open();
    const identity = await createTestIdentity(database);
    const bob = await inPerson(identity, await identity.addUser(identity.acme, 'bob', []));
    const telephone = await bindAuthenticator(identity, bob, 'telephone');
    identity.clock.advance(step);
    const { app: http, ...rest } = identity;
    return { database, identity, bob, telephone, http, ...rest };
  }

  test('a login with password and code proves a second factor; the session and what follows from it know', async () => {
    const { identity, bob, telephone, http, iam } = await world();
    const user = await loginWith(http, bob, byTotp(bob, telephone.code()));
    const at = identity.clock.nowMs();
    const { credential } = await actorOfToken(iam, user.token);
    assert.deepEqual(credential.methods, ['password', 'totp']);
    assert.equal(credential.secondFactorAtMs, at);
    const plain = await loginWith(http, bob);
    assert.equal((await actorOfToken(iam, plain.token)).credential.secondFactorAtMs, undefined);

    identity.clock.advance(minute);
    const exchange = { auth: { identity: { methods: ['token'], token: { id: user.token } } } };
    const response = await http.inject({ method: 'POST', url: '/v3/auth/tokens', payload: exchange });
    const exchanged = await actorOfToken(iam, String(response.headers['x-subject-token']));
    assert.equal(exchanged.credential.secondFactorAtMs, at);
  });

  test('login protection refuses the password alone, and tells so after the right password only', async () => {
    const { identity, bob, telephone, http, call, acme } = await world();
    const on = await call(acme, 200, ['PUT', protectUrl(bob), protect(true)]);
    assert.deepEqual(on, {
      login_protect: { user_id: bob.userId, enabled: true, verification_method: 'vmfa' },
    });
    assert.match(await refusedLogin(http, bob), /sign in with methods \["password", "totp"\]/);
    const wrong = await refusedLogin(http, { ...bob, password: 'Wrong-Password-1' });
    assert.equal(wrong, 'The username or password is wrong.');
    const wrongBoth = await refusedLogin(http, { ...bob, password: 'x' }, byTotp(bob, telephone.code()));
    assert.equal(wrongBoth, 'The username or password is wrong.');
    await loginWith(http, bob, byTotp(bob, telephone.code()));
    assert.deepEqual(await call(acme, 200, ['GET', '/v3.0/OS-USER/login-protects']), {
      login_protects: [{ user_id: bob.userId, enabled: true, verification_method: 'vmfa' }],
    });
    const { records } = await call<{ records: { detail: string }[] }>(acme, 200, [
      'GET',
      `/v1/audit/records?action=iam:tokens:create&result=refused&principal_id=${bob.userId}`,
    ]);
    assert.ok(records.some(({ detail }) => /login protection asks for a second factor/.test(detail)));
    await call(acme, 200, ['PUT', protectUrl(bob), protect(false)]);
    identity.clock.advance(step);
    await loginWith(http, bob);
  });

  test('each time step counts once, also when the same code comes twice at the same moment', async () => {
    const { identity, bob, telephone, http } = await world();
    const code = telephone.code();
    const attempts = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const payload = {
          auth: {
            identity: {
              methods: ['password', 'totp'],
              password: { user: { id: bob.userId, password: bob.password } },
              totp: { user: { id: bob.userId, passcode: code } },
            },
          },
        };
        return (await http.inject({ method: 'POST', url: '/v3/auth/tokens', payload })).statusCode;
      }),
    );
    assert.equal(attempts.filter((status) => status === 201).length, 1);
    const before = telephone.code(-1);
    assert.match(await refusedLogin(http, bob, byTotp(bob, before)), /wrong or was used already/);
    identity.clock.advance(step);
    await loginWith(http, bob, byTotp(bob, telephone.code()));
  });

  test('five wrong codes lock the second factor, from whichever address; the sixth, right one is refused', async () => {
    const { identity, bob, telephone, http } = await world();
    const wrong = telephone.code() === '000000' ? '111111' : '000000';
    for (let attempt = 0; attempt < 5; attempt++)
      assert.match(await refusedLogin(http, bob, byTotp(bob, wrong)), /wrong or was used/);
    assert.match(await refusedLogin(http, bob, byTotp(bob, telephone.code())), /Too many failures/);
    identity.clock.advance(15 * minute);
    await loginWith(http, bob, byTotp(bob, telephone.code()));
  });

  test("another user's code, id or device does not count", async () => {
    const { identity, bob, telephone, http, acme } = await world();
    const eve = await inPerson(identity, await identity.addUser(acme, 'eve', []));
    await refusedLogin(http, eve, byTotp(bob, telephone.code()));
    await refusedLogin(http, eve, byTotp(eve, telephone.code()));
    await loginWith(http, bob, byTotp(bob, telephone.code()));
  });

  test('recovery codes: ten, each for one login, stored as hashes, and their use is audited', async () => {
    const { identity, bob, telephone, http, call, acme, database } = await world();
    const url = '/v3.0/OS-MFA/recovery-codes';
    const user = await loginWith(http, bob, byTotp(bob, telephone.code()));
    const { recovery_codes: codes } = await call<{ recovery_codes: string[] }>(user, 201, ['POST', url]);
    assert.equal(new Set(codes).size, 10);
    const stored = JSON.stringify(
      await database.tables<IamTables>().selectFrom('recovery_codes').selectAll().execute(),
    );
    for (const code of codes)
      assert.equal(stored.includes(code) || stored.includes(code.replace(/-/g, '')), false);
    await call(acme, 200, ['PUT', protectUrl(bob), protect(true)]);
    const first = codes[0] ?? '';
    await loginWith(http, bob, byRecoveryCode(first.toLowerCase().replace(/-/g, ' ')));
    assert.match(await refusedLogin(http, bob, byRecoveryCode(first)), /was used already/);
    const eve = await identity.addUser(acme, 'eve', []);
    await refusedLogin(http, eve, byRecoveryCode(codes[1] ?? ''));
    assert.deepEqual(await call(user, 200, ['GET', url]), { remaining: 9 });
    const { records } = await call<{ records: unknown[] }>(acme, 200, [
      'GET',
      '/v1/audit/records?action=iam:mfa:useRecoveryCode',
    ]);
    assert.equal(records.length, 1);
    const again = await call<{ recovery_codes: string[] }>(user, 201, ['POST', url]);
    await refusedLogin(http, bob, byRecoveryCode(codes[2] ?? ''));
    await loginWith(http, bob, byRecoveryCode(again.recovery_codes[2] ?? ''));
  });

  test('the seed is stored wrapped, and goes with the user', async () => {
    const { bob, call, acme, database } = await world();
    const tables = database.tables<IamTables>();
    const [device] = await tables.selectFrom('totp_devices').selectAll().execute();
    assert.ok(device && device.wrapped_seed.length > 20);
    await call(acme, 204, ['DELETE', `/v3/users/${bob.userId}`]);
    assert.deepEqual(await tables.selectFrom('totp_devices').selectAll().execute(), []);
  });
});
