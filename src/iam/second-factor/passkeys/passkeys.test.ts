import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../../test/support/databases.ts';
import {
  actorOfToken,
  createTestIdentity,
  send,
  type TestIdentity,
  type TestUser,
} from '../../../../test/support/identity.ts';
import { inPerson, loginWith, refusedLogin } from '../../../../test/support/second-factor.ts';
import {
  type CreationOptions,
  type Misbehaviour,
  SoftAuthenticator,
} from '../../../../test/support/soft-authenticator.ts';
import { migrations } from '../../index.ts';
import type { IamTables } from '../../tables.ts';
import { relyingPartyOf } from './relying-party.ts';

const url = '/v3.0/OS-MFA/passkeys';
const origin = 'https://openccm.test';
const minute = 60_000;

interface Refusal {
  readonly error: { readonly message: string };
}
type Options<Value> = { readonly options: Value };

const byPasskey = (response: object) => ({ method: 'passkey', part: { passkey: { response } } });

async function creationOptions({ call }: TestIdentity, user: TestUser): Promise<CreationOptions> {
  const answer = await call<Options<CreationOptions>>(user, 200, ['POST', `${url}/registration-options`]);
  return answer.options;
}

async function register(identity: TestIdentity, user: TestUser, name = 'laptop'): Promise<SoftAuthenticator> {
  const authenticator = new SoftAuthenticator(origin);
  const response = authenticator.create(await creationOptions(identity, user));
  await identity.call(user, 201, ['POST', url, { name, response }]);
  return authenticator;
}

async function loginChallenge({ app }: TestIdentity): Promise<{ readonly challenge: string }> {
  const answer = await send<Options<{ challenge: string }>>(app, 200, {}, [
    'POST',
    `${url}/assertion-options`,
  ]);
  return answer.options;
}

/** Signs in by the passkey alone and answers the status and the token. */
async function passkeyLogin({ app }: TestIdentity, response: object) {
  const payload = { auth: { identity: { methods: ['passkey'], passkey: { response } } } };
  const answer = await app.inject({ method: 'POST', url: '/v3/auth/tokens', payload });
  return { status: answer.statusCode, token: String(answer.headers['x-subject-token']), body: answer.body };
}

describeOnEachDatabase('passkeys', migrations, (open) => {
  async function world() {
    const database = await open();
    const identity = await createTestIdentity(database);
    const bob = await inPerson(identity, await identity.addUser(identity.acme, 'bob', []));
    return { database, identity, bob };
  }

  test('a passkey is registered, shown, used for a login of its own and beside the password, and deleted', async () => {
    const { identity, bob } = await world();
    const options = await creationOptions(identity, bob);
    assert.deepEqual(options.rp, { name: 'OpenCCM', id: 'openccm.test' });
    const authenticator = await register(identity, bob);
    const alone = await passkeyLogin(identity, authenticator.get(await loginChallenge(identity)));
    assert.equal(alone.status, 201, alone.body);
    const { principalId, credential } = await actorOfToken(identity.iam, alone.token);
    assert.equal(principalId, bob.userId);
    assert.deepEqual(credential, {
      kind: 'token',
      methods: ['passkey'],
      isFullSession: true,
      signedInAtMs: identity.clock.nowMs(),
      secondFactorAtMs: identity.clock.nowMs(),
    });
    const assertion = authenticator.get(await loginChallenge(identity));
    const strong = await loginWith(identity.app, bob, byPasskey(assertion));
    assert.deepEqual((await actorOfToken(identity.iam, strong.token)).credential.methods, [
      'password',
      'passkey',
    ]);

    const { passkeys } = await identity.call<{ passkeys: Record<string, unknown>[] }>(bob, 200, ['GET', url]);
    assert.deepEqual([passkeys.length, passkeys[0]?.name, passkeys[0]?.user_id], [1, 'laptop', bob.userId]);
    const one = `${url}/${passkeys[0]?.credential_id}`;
    await identity.call(bob, 403, ['DELETE', one]);
    await identity.call(strong, 204, ['DELETE', one]);
    const gone = await passkeyLogin(identity, authenticator.get(await loginChallenge(identity)));
    assert.equal(gone.status, 401);
  });

  test('login protection takes a passkey, alone or beside the password', async () => {
    const { identity, bob } = await world();
    const authenticator = await register(identity, bob);
    await identity.call(identity.acme, 200, [
      'PUT',
      `/v3.0/OS-USER/users/${bob.userId}/login-protect`,
      { login_protect: { enabled: true, verification_method: 'vmfa' } },
    ]);
    assert.match(await refusedLogin(identity.app, bob), /Login protection is on/);
    await loginWith(identity.app, bob, byPasskey(authenticator.get(await loginChallenge(identity))));
    const alone = await passkeyLogin(identity, authenticator.get(await loginChallenge(identity)));
    assert.equal(alone.status, 201);
    const weak = await refusedLogin(
      identity.app,
      { ...bob, password: 'Wrong-Password-1' },
      byPasskey(authenticator.get(await loginChallenge(identity))),
    );
    assert.equal(weak, 'The username or password is wrong.');
  });

  test('what is not for this service, user and moment, or not by a verified user, does not count', async () => {
    const { identity, bob } = await world();
    const authenticator = await register(identity, bob);
    const eve = await inPerson(identity, await identity.addUser(identity.acme, 'eve', []));
    const foreign: Misbehaviour[] = [
      { origin: 'https://openccm.test.evil.example' },
      { origin: 'http://openccm.test' },
      { rpId: 'evil.example' },
      { userVerified: false },
      { userHandle: Buffer.from(eve.userId).toString('base64url') },
      { challenge: Buffer.alloc(60).toString('base64url') },
    ];
    for (const wrong of foreign) {
      const assertion = authenticator.get(await loginChallenge(identity), wrong);
      const { status } = await passkeyLogin(identity, assertion);
      assert.equal(status, 401, JSON.stringify(wrong));
    }
    identity.clock.advance(5 * minute);
    const late = await loginChallenge(identity);
    identity.clock.advance(5 * minute);
    assert.equal((await passkeyLogin(identity, authenticator.get(late))).status, 401);
    const stepUp = await identity.call<Options<{ challenge: string }>>(bob, 200, [
      'POST',
      '/v3.0/OS-MFA/step-up/options',
    ]);
    assert.equal((await passkeyLogin(identity, authenticator.get(stepUp.options))).status, 401);
    await refusedLogin(identity.app, eve, byPasskey(authenticator.get(await loginChallenge(identity))));
    const { records } = await identity.call<{ records: unknown[] }>(identity.acme, 200, [
      'GET',
      `/v1/audit/records?action=iam:tokens:create&result=refused&principal_id=${bob.userId}`,
    ]);
    assert.ok(records.length > 0);
  });

  test('an assertion counts once, also sent twice at the same moment; a counter that goes back is refused', async () => {
    const { identity, bob } = await world();
    const authenticator = await register(identity, bob);
    const assertion = authenticator.get(await loginChallenge(identity));
    const statuses = await Promise.all(
      Array.from({ length: 4 }, async () => (await passkeyLogin(identity, assertion)).status),
    );
    assert.deepEqual(statuses.sort(), [201, 401, 401, 401]);
    const cloned = authenticator.get(await loginChallenge(identity), { count: 1 });
    assert.equal((await passkeyLogin(identity, cloned)).status, 401);
    const on = authenticator.get(await loginChallenge(identity), { count: 9 });
    assert.equal((await passkeyLogin(identity, on)).status, 201);
  });

  test('a registration counts once, for its user, without certificates that name addresses to fetch', async () => {
    const { identity, bob, database } = await world();
    const eve = await inPerson(identity, await identity.addUser(identity.acme, 'eve', []));
    const options = await creationOptions(identity, bob);
    const certified = {
      attestation: { format: 'packed', statement: new Map([['x5c', Buffer.from('certificate')]]) },
    };
    const refused = await identity.call<Refusal>(bob, 400, [
      'POST',
      url,
      { name: 'n', response: new SoftAuthenticator(origin).create(options, certified) },
    ]);
    assert.match(refused.error.message, /format none, or packed without certificates/);
    for (const wrong of [
      { origin: 'https://evil.example' },
      { userVerified: false },
      { rpId: 'evil.example' },
    ])
      await identity.call(bob, 400, [
        'POST',
        url,
        { name: 'n', response: new SoftAuthenticator(origin).create(options, wrong) },
      ]);
    const response = new SoftAuthenticator(origin).create(options);
    await identity.call(eve, 400, ['POST', url, { name: 'n', response }]);
    await identity.call(bob, 201, ['POST', url, { name: 'n', response }]);
    const authenticator = new SoftAuthenticator(origin);
    const late = authenticator.create(options);
    await identity.call(bob, 403, ['POST', url, { name: 'n', response: late }]);
    const fresh = await inPerson(identity, eve);
    const ofEve = await creationOptions(identity, fresh);
    const registered = new SoftAuthenticator(origin);
    await identity.call(fresh, 201, ['POST', url, { name: 'n', response: registered.create(ofEve) }]);
    const assertion = registered.get(await loginChallenge(identity));
    const strong = await loginWith(identity.app, fresh, byPasskey(assertion));
    const used = await identity.call<Refusal>(strong, 400, [
      'POST',
      url,
      { name: 'n', response: new SoftAuthenticator(origin).create(ofEve) },
    ]);
    assert.match(used.error.message, /answers a challenge that was used already/);
    assert.equal((await database.tables<IamTables>().selectFrom('passkeys').selectAll().execute()).length, 2);
  });

  test('a step-up by passkey renews the session', async () => {
    const { identity, bob } = await world();
    const authenticator = await register(identity, bob);
    identity.clock.advance(minute);
    const { options } = await identity.call<
      Options<{ challenge: string; allowCredentials: { id: string }[] }>
    >(bob, 200, ['POST', '/v3.0/OS-MFA/step-up/options']);
    assert.equal(options.allowCredentials.length, 1);
    const body = { passkey: { response: authenticator.get(options) } };
    await identity.call(bob, 200, ['POST', '/v3.0/OS-MFA/step-up', body]);
    await identity.call(bob, 401, ['POST', '/v3.0/OS-MFA/step-up', body]);
    const { credential } = await actorOfToken(identity.iam, bob.token);
    assert.equal(credential.secondFactorAtMs, identity.clock.nowMs());
  });

  test("other accounts neither see nor delete a user's passkeys; administrators reset them", async () => {
    const { identity, bob } = await world();
    const { acme, globex, call } = identity;
    await register(identity, bob);
    const ofBob = `${url}?user_id=${bob.userId}`;
    const { passkeys } = await call<{ passkeys: { credential_id: string }[] }>(acme, 200, ['GET', ofBob]);
    const one = `${url}/${passkeys[0]?.credential_id}?user_id=${bob.userId}`;
    await call(globex, 404, ['GET', ofBob]);
    await call(globex, 404, ['DELETE', one]);
    const eve = await identity.addUser(acme, 'eve', []);
    await call(eve, 403, ['GET', ofBob]);
    await call(eve, 403, ['DELETE', one]);
    await call(acme, 204, ['DELETE', one]);
  });
});

test('passkeys need a domain name over HTTPS, or localhost', () => {
  assert.deepEqual(relyingPartyOf('https://pki.example.com:8443'), {
    id: 'pki.example.com',
    origin: 'https://pki.example.com:8443',
  });
  assert.equal(relyingPartyOf('http://localhost:8080').id, 'localhost');
  for (const address of ['https://192.0.2.1:8443', 'https://[2001:db8::1]', 'http://pki.example.com'])
    assert.throws(() => relyingPartyOf(address), /the operator sets OPENCCM_PUBLIC_URL/);
});
