import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { createTestIdentity, inPerson, send, testIamPorts } from '../../test/support/identity.ts';
import { signedHeaders } from '../../test/support/sign-request.ts';
import { createHttpApp } from '../platform/http/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import type { IamContext } from './context.ts';
import { createContext } from './create-context.ts';
import { createIam, migrations } from './index.ts';
import { verifyPassword } from './tokens/verify-password.ts';
import { updateUserRow } from './users/store.ts';

const keysUrl = '/v3.0/OS-CREDENTIAL/credentials';

/** Two nodes; what one of them changes the other remembers otherwise for a second. */
async function twoNodes(database: Parameters<typeof createTestIdentity>[0]) {
  const identity = await createTestIdentity(database);
  const other = createHttpApp({ random: systemRandom, log: silentLog });
  const ports = { ...testIamPorts(identity.clock), database };
  await createIam(ports).register(other);
  return { ...identity, other, ports };
}

describeOnEachDatabase(
  'changes that were authenticated before something else changed',
  migrations,
  (open) => {
    test('no lasting key is made by a session that has ended', async () => {
      const { acme, app, call, other, ...identity } = await twoNodes(await open());
      const bob = await inPerson({ app }, await identity.addUser(acme, 'bob', []));
      const headers = { 'x-auth-token': bob.token };
      const ask = { credential: { user_id: bob.userId } };
      await send(other, 200, headers, ['GET', '/v3/auth/domains']);
      await call(acme, 200, ['PATCH', `/v3/users/${bob.userId}`, { user: { password: 'Other-Horse-2' } }]);
      await send(other, 200, headers, ['GET', '/v3/auth/domains']);
      await send(other, 401, headers, ['POST', keysUrl, ask]);
      const { credentials } = await call<{ credentials: object[] }>(acme, 200, [
        'GET',
        `${keysUrl}?user_id=${bob.userId}`,
      ]);
      assert.deepEqual(credentials, []);
    });

    test('nothing is changed with a key that is inactive', async () => {
      const { acme, call, other, clock, ...identity } = await twoNodes(await open());
      const bob = await identity.addUser(acme, 'bob', ['FullAccess']);
      const made = await send<{ credential: { access: string; secret: string } }>(
        other,
        201,
        { 'x-auth-token': acme.token },
        ['POST', keysUrl, { credential: { user_id: bob.userId } }],
      );
      const key = { accessKey: made.credential.access, secretKey: made.credential.secret };
      const body = { group: { name: 'back door' } };
      const signed = (method: 'GET' | 'POST', path: string, payload?: object) =>
        signedHeaders(key, {
          method,
          host: 'openccm.test',
          path,
          atMs: clock.nowMs(),
          ...(payload && { body: JSON.stringify(payload) }),
        });
      await send(other, 200, signed('GET', '/v3/groups'), ['GET', '/v3/groups']);
      await call(acme, 200, ['PUT', `${keysUrl}/${key.accessKey}`, { credential: { status: 'inactive' } }]);
      await send(other, 200, signed('GET', '/v3/groups'), ['GET', '/v3/groups']);
      await send(other, 401, signed('POST', '/v3/groups', body), ['POST', '/v3/groups', body]);
    });

    test('rights that were taken away are not given back by a request that waited', async () => {
      const { acme, call, other, ...identity } = await twoNodes(await open());
      const bob = await identity.addUser(acme, 'bob', ['FullAccess']);
      const headers = { 'x-auth-token': bob.token };
      const { groups } = await call<{ groups: { id: string }[] }>(acme, 200, [
        'GET',
        '/v3/groups?name=bob-group',
      ]);
      const membership = `/v3/groups/${groups[0]!.id}/users/${bob.userId}`;
      await send(other, 200, headers, ['GET', '/v3/groups']);
      await call(acme, 204, ['DELETE', membership]);
      await send(other, 200, headers, ['GET', '/v3/groups']);
      await send(other, 403, headers, ['PUT', membership]);
      await call(acme, 404, ['HEAD', membership]);
      const { records } = await call<{ records: { detail: string }[] }>(acme, 200, [
        'GET',
        `/v1/audit/records?result=refused&principal_id=${bob.userId}`,
      ]);
      assert.equal(records[0]?.detail, 'iam:permissions:addUserToGroup is not allowed any more.');
    });

    test('a password that is changed while it is compared opens no session', async () => {
      const database = await open();
      const { acme, ports, ...identity } = await twoNodes(database);
      const bob = await identity.addUser(acme, 'bob', []);
      const iam = createContext(ports);
      const credentials = { name: 'bob', domain: { name: 'acme' }, password: bob.password };
      const origin = { sourceIp: '192.0.2.1', requestId: 'request' };
      assert.equal((await verifyPassword(iam, credentials, origin)).principalId, bob.userId);
      const passwords = {
        verify: async (...args: Parameters<typeof iam.passwords.verify>) => {
          const isRight = await iam.passwords.verify(...args);
          await database.transaction((transaction) =>
            updateUserRow(transaction, acme.account.accountId, bob.userId, { credentials_version: 9 }),
          );
          iam.version.changed();
          return isRight;
        },
      } as unknown as IamContext['passwords'];
      await assert.rejects(verifyPassword({ ...iam, passwords }, credentials, origin), { status: 401 });
    });
  },
);
