import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, type TestIdentity, type TestUser } from '../../../test/support/identity.ts';
import {
  bindAuthenticator,
  byTotp,
  inPerson,
  loginWith,
  type TestAuthenticator,
} from '../../../test/support/second-factor.ts';
import { migrations } from '../index.ts';
import { findUser } from '../users/store.ts';
import { requireStillWithout } from './authorize-factor-change.ts';
import { factorsOf } from './factor-store.ts';

const step = 30_000;
const minute = 60_000;
const devices = '/v3.0/OS-MFA/virtual-mfa-devices';
const bindUrl = '/v3.0/OS-MFA/mfa-devices/bind';
const unbindUrl = '/v3.0/OS-MFA/mfa-devices/unbind';
const recoveryUrl = '/v3.0/OS-MFA/recovery-codes';

interface Refusal {
  readonly error: { readonly message: string };
}
const newDevice = (user: TestUser, name: string) => ({ virtual_mfa_device: { name, user_id: user.userId } });
const unbinding = (user: TestUser, { serialNumber, code }: TestAuthenticator) => ({
  user_id: user.userId,
  serial_number: serialNumber,
  authentication_code: code(),
});
const protect = (identity: TestIdentity, by: TestUser, user: TestUser, status: number, enabled: boolean) =>
  identity.call<Refusal>(by, status, [
    'PUT',
    `/v3.0/OS-USER/users/${user.userId}/login-protect`,
    { login_protect: { enabled, verification_method: 'vmfa' } },
  ]);

describeOnEachDatabase('management of second factors', migrations, (open) => {
  test('a device is made, bound by two codes that follow each other, shown, unbound and deleted', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const bob = await inPerson(identity, await identity.addUser(acme, 'bob', []));
    const own = `/v3.0/OS-MFA/users/${bob.userId}/virtual-mfa-device`;
    await call(bob, 404, ['GET', own]);
    const telephone = await bindAuthenticator(identity, bob, 'telephone');
    assert.equal(telephone.serialNumber, `iam:${acme.account.accountId}:mfa:telephone`);
    const shown = { serial_number: telephone.serialNumber, user_id: bob.userId };
    assert.deepEqual(await call(bob, 200, ['GET', own]), { virtual_mfa_device: shown });
    assert.deepEqual(await call(acme, 200, ['GET', devices]), { virtual_mfa_devices: [shown] });
    await call(bob, 403, ['GET', devices]);

    const query = `user_id=${bob.userId}&serial_number=${encodeURIComponent(telephone.serialNumber)}`;
    await call(bob, 409, ['DELETE', `${devices}?${query}`]);
    identity.clock.advance(step);
    await call(bob, 204, ['PUT', unbindUrl, unbinding(bob, telephone)]);
    await call(bob, 404, ['GET', own]);
    await call(bob, 204, ['DELETE', `${devices}?${query}`]);
    await call(bob, 404, ['DELETE', `${devices}?${query}`]);
  });

  test('codes that do not follow each other bind nothing', async () => {
    const identity = await createTestIdentity(await open());
    const bob = await inPerson(identity, await identity.addUser(identity.acme, 'bob', []));
    const made = await identity.call<{ virtual_mfa_device: { serial_number: string } }>(bob, 201, [
      'POST',
      devices,
      newDevice(bob, 'telephone'),
    ]);
    const { error } = await identity.call<Refusal>(bob, 400, [
      'PUT',
      bindUrl,
      {
        user_id: bob.userId,
        serial_number: made.virtual_mfa_device.serial_number,
        authentication_code_first: '123456',
        authentication_code_second: '123456',
      },
    ]);
    assert.match(error.message, /two codes of the device that follow each other/);
  });

  test('users change their own factors in person only, with a fresh login before the first', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock } = identity;
    const projectBound = await identity.addUser(acme, 'bob', []);
    await call(projectBound, 403, ['POST', devices, newDevice(projectBound, 'telephone')]);
    const bob = await inPerson(identity, projectBound);
    const made = await call<{ virtual_mfa_device: { serial_number: string } }>(bob, 201, [
      'POST',
      devices,
      newDevice(bob, 'first'),
    ]);
    clock.advance(15 * minute + 1);
    const { error } = await call<Refusal>(bob, 403, [
      'PUT',
      bindUrl,
      {
        user_id: bob.userId,
        serial_number: made.virtual_mfa_device.serial_number,
        authentication_code_first: '123456',
        authentication_code_second: '123456',
      },
    ]);
    assert.match(error.message, /sign in again/);
    await call(bob, 403, ['POST', recoveryUrl]);
    const again = await inPerson(identity, bob);
    await call(again, 409, ['POST', recoveryUrl]);
    await bindAuthenticator(identity, again, 'second');
  });

  test('who proved no factor, having none, changes nothing once one is bound', async () => {
    const database = await open();
    const identity = await createTestIdentity(database);
    const bob = await inPerson(identity, await identity.addUser(identity.acme, 'bob', []));
    const { accountId } = bob.account;
    const change = {
      user: (await findUser(database, accountId, bob.userId))!,
      factors: await factorsOf(database, accountId, bob.userId),
    };
    await requireStillWithout(database, change);
    await bindAuthenticator(identity, bob, 'telephone');
    await assert.rejects(requireStillWithout(database, change), { status: 409 });
    const factors = await factorsOf(database, accountId, bob.userId);
    await requireStillWithout(database, { ...change, factors });
  });

  test('a session without the factor replaces and removes nothing; one with it replaces the device', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, app, call, clock } = identity;
    const bob = await inPerson(identity, await identity.addUser(acme, 'bob', []));
    const old = await bindAuthenticator(identity, bob, 'old');
    clock.advance(step);
    const made = await call<{ virtual_mfa_device: { serial_number: string } }>(bob, 201, [
      'POST',
      devices,
      newDevice(bob, 'new'),
    ]);
    const codes = { authentication_code_first: '123456', authentication_code_second: '123456' };
    const { serial_number } = made.virtual_mfa_device;
    await call(bob, 403, ['PUT', bindUrl, { user_id: bob.userId, serial_number, ...codes }]);
    await call(bob, 403, ['POST', recoveryUrl]);
    const wrong = { user_id: bob.userId, serial_number: old.serialNumber, authentication_code: '000000' };
    await call(bob, 401, ['PUT', unbindUrl, wrong]);

    const strong = await loginWith(app, bob, byTotp(bob, old.code()));
    const current = await bindAuthenticator(identity, strong, 'new');
    assert.deepEqual(await call(bob, 200, ['GET', `/v3.0/OS-MFA/users/${bob.userId}/virtual-mfa-device`]), {
      virtual_mfa_device: { serial_number: current.serialNumber, user_id: bob.userId },
    });
  });

  test('login protection needs a factor first, and the last factor stays while it is on', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock } = identity;
    const bob = await inPerson(identity, await identity.addUser(acme, 'bob', []));
    const { error } = await protect(identity, acme, bob, 409, true);
    assert.match(error.message, /bind a virtual MFA device first/);
    const sms = { login_protect: { enabled: true, verification_method: 'sms' } };
    const refused = await call<Refusal>(acme, 400, [
      'PUT',
      `/v3.0/OS-USER/users/${bob.userId}/login-protect`,
      sms,
    ]);
    assert.match(refused.error.message, /sends no codes by sms/);

    const telephone = await bindAuthenticator(identity, bob, 'telephone');
    clock.advance(step);
    const strong = await loginWith(identity.app, bob, byTotp(bob, telephone.code()));
    await protect(identity, strong, bob, 200, true);
    // Turning it off needs the permission, also from the user.
    await protect(identity, strong, bob, 403, false);
    clock.advance(step);
    await call(strong, 409, ['PUT', unbindUrl, unbinding(bob, telephone)]);
    await call(acme, 409, ['PUT', unbindUrl, unbinding(bob, telephone)]);
    await protect(identity, acme, bob, 200, false);
    await call(acme, 204, ['PUT', unbindUrl, unbinding(bob, telephone)]);
    await loginWith(identity.app, bob);
  });

  test("administrators reset others' factors, never the root user's; other accounts see nothing", async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const admin = await identity.addUser(acme, 'admin', ['FullAccess']);
    const bob = await inPerson(identity, await identity.addUser(acme, 'bob', []));
    const eve = await inPerson(identity, await identity.addUser(acme, 'eve', []));
    const root = await inPerson(identity, acme);
    const ofRoot = await bindAuthenticator(identity, root, 'root');
    const ofBob = await bindAuthenticator(identity, bob, 'bob');

    for (const other of [eve, admin]) {
      await call(other, 403, ['PUT', unbindUrl, unbinding(root, ofRoot)]);
      await call(other, 403, ['POST', devices, newDevice(root, 'mine')]);
      await protect(identity, other, root, 403, true);
    }
    await call(eve, 403, ['PUT', unbindUrl, unbinding(bob, ofBob)]);
    await call(globex, 404, ['PUT', unbindUrl, unbinding(bob, ofBob)]);
    await call(globex, 404, ['POST', devices, newDevice(bob, 'mine')]);
    assert.deepEqual(await call(globex, 200, ['GET', devices]), { virtual_mfa_devices: [] });
    await call(admin, 204, ['PUT', unbindUrl, unbinding(bob, ofBob)]);
    const { records } = await call<{ records: { detail: string }[] }>(acme, 200, [
      'GET',
      '/v1/audit/records?action=iam:mfa:unbindMFADevice&result=success',
    ]);
    assert.deepEqual(
      records.map(({ detail }) => detail),
      [`of user ${bob.userId}`],
    );
  });
});
