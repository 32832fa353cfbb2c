import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity } from '../../../test/support/identity.ts';
import {
  bindAuthenticator,
  byTotp,
  inPerson,
  loginWith,
  refusedLogin,
} from '../../../test/support/second-factor.ts';
import { FixedClock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import { AuditTrail, migrations } from '../index.ts';
import { resetSecondFactors } from './reset-by-operator.ts';

describeOnEachDatabase('the reset of second factors by the operator', migrations, (open) => {
  test('opens the account of a root user that has lost them, and is audited', async () => {
    const database = await open();
    const identity = await createTestIdentity(database);
    const root = await inPerson(identity, identity.acme);
    const telephone = await bindAuthenticator(identity, root, 'telephone');
    identity.clock.advance(30_000);
    const strong = await loginWith(identity.app, root, byTotp(root, telephone.code()));
    await identity.call(strong, 200, [
      'PUT',
      `/v3.0/OS-USER/users/${root.userId}/login-protect`,
      { login_protect: { enabled: true, verification_method: 'vmfa' } },
    ]);
    await refusedLogin(identity.app, root);
    const audit = new AuditTrail({ clock: new FixedClock(identity.clock.nowMs()), random: systemRandom });
    const { accountId } = root.account;
    assert.equal(await resetSecondFactors({ database, audit }, accountId, 'nobody'), false);
    assert.equal(await resetSecondFactors({ database, audit }, accountId, root.name), true);
    // Another node's caches hold for a second.
    identity.clock.advance(1_001);
    await identity.call(root, 401, ['GET', '/v3/auth/domains']);
    const again = await loginWith(identity.app, root);
    const { records } = await identity.call<{ records: { resource: { id: string } }[] }>(again, 200, [
      'GET',
      '/v1/audit/records?action=iam:mfa:reset',
    ]);
    assert.equal(records.length, 1);
  });
});
