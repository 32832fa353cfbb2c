import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, inPerson, login, send, testIamPorts } from '../../../test/support/identity.ts';
import { type CreatedAccount, createIam, migrations } from '../index.ts';
import { listAccounts } from './store.ts';

interface Projects {
  readonly projects: { readonly id: string; readonly name: string; readonly parent_id: string }[];
  readonly links: object;
}

describeOnEachDatabase('accounts and projects', migrations, (open) => {
  test('the first account is made once, whoever starts at the same time', async () => {
    const database = await open();
    const { iam } = await createTestIdentity(database);
    const again = await Promise.all(
      [1, 2].map(() => iam.bootstrap({ accountName: 'acme', projectName: 'p' })),
    );
    assert.deepEqual(again, [undefined, undefined]);
    assert.deepEqual(
      (await listAccounts(database)).map((account) => account.name),
      ['acme', 'globex'],
    );
  });

  test('the secrets of the first account can be kept before it is committed; without that there is none', async () => {
    const database = await open();
    const iam = createIam({ ...testIamPorts(), database });
    const first = { accountName: 'acme', projectName: 'p' };
    await assert.rejects(
      iam.bootstrap(first, () => Promise.reject(new Error('the disk is full'))),
      /the disk is full/,
    );
    assert.deepEqual(await listAccounts(database), []);
    const kept: CreatedAccount[] = [];
    const created = await iam.bootstrap(first, async (made) => {
      assert.deepEqual(await listAccounts(database), []);
      kept.push(made);
    });
    assert.deepEqual(kept, [created]);
  });

  test('given keys and passwords are taken, bad ones refused with the reason', async () => {
    const { iam, acme } = await createTestIdentity(await open());
    const actor = await acme.actor();
    const given = {
      password: 'Given-Password-1',
      accessKey: 'AKGIVEN1',
      secretKey: 'secret-of-enough-length',
    };
    const made = await iam.createAccount(actor, { accountName: 'third', projectName: 'p', ...given });
    assert.deepEqual(
      { password: made.password, accessKey: made.accessKey, secretKey: made.secretKey },
      given,
    );
    for (const [input, reason] of [
      [{ accountName: 'third' }, /exists already/],
      [{ accountName: 'x/y' }, /accountName must be/],
      [{ accountName: 'op_svc_pca' }, /op_svc_/],
      [{ accountName: 'fourth', password: 'short' }, /password must have 8/],
      [{ accountName: 'fourth', accessKey: 'AK12345' }, /together/],
      [{ accountName: 'fourth', accessKey: 'AK12345', secretKey: 'short' }, /at least 16/],
    ] as const)
      await assert.rejects(iam.createAccount(actor, { projectName: 'p', ...input }), reason);
  });

  test('the root user needs no access key, and can delete the one it has', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, app, call } = identity;
    const made = await call<Record<string, string>>(acme, 201, [
      'POST',
      '/v1/accounts',
      { account_name: 'third', project_name: 'p', access_key: 'none' },
    ]);
    assert.deepEqual([made.access_key, made.secret_key], [undefined, undefined]);
    const url = '/v3.0/OS-CREDENTIAL/credentials';
    const password = { user: { id: made.user_id, password: made.password } };
    const payload = { auth: { identity: { methods: ['password'], password } } };
    const entered = await app.inject({ method: 'POST', url: '/v3/auth/tokens', payload });
    const headers = { 'x-auth-token': String(entered.headers['x-subject-token']) };
    assert.deepEqual(await send(app, 200, headers, ['GET', url]), { credentials: [] });
    await send(app, 201, headers, ['POST', url, { credential: { user_id: made.user_id } }]);

    const root = await inPerson(identity, acme);
    await call(root, 204, ['DELETE', `${url}/${acme.account.accessKey}`]);
    assert.deepEqual(await call(root, 200, ['GET', url]), { credentials: [] });
  });

  test('only the root user of the first account opens accounts', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const admin = await identity.addUser(acme, 'admin', ['FullAccess', 'Security Administrator']);
    const body = { account_name: 'initech', project_name: 'cn-north-4' };
    for (const user of [globex, admin]) {
      await call(user, 403, ['POST', '/v1/accounts', body]);
      await call(user, 403, ['GET', '/v1/accounts']);
      await call(user, 403, ['PATCH', `/v1/accounts/${globex.account.accountId}`, { enabled: false }]);
    }
    const made = await call<{ account_id: string; password: string; user_name: string }>(acme, 201, [
      'POST',
      '/v1/accounts',
      body,
    ]);
    assert.equal(made.user_name, 'initech');
    const { accounts } = await call<{ accounts: { account_name: string }[] }>(acme, 200, [
      'GET',
      '/v1/accounts',
    ]);
    assert.deepEqual(
      accounts.map((account) => account.account_name),
      ['acme', 'globex', 'initech'],
    );
    const account = { ...globex.account, accountId: made.account_id, accountName: 'initech' };
    const token = await login(identity.app, { name: 'initech', password: made.password, account });
    await send(identity.app, 200, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
    await call(acme, 403, ['PATCH', `/v1/accounts/${acme.account.accountId}`, { enabled: false }]);
    await call(acme, 404, ['PATCH', '/v1/accounts/unknown', { enabled: false }]);
  });

  test("GET /v3/auth/domains is the caller's account, always one entry", async () => {
    const identity = await createTestIdentity(await open());
    const user = await identity.addUser(identity.globex, 'u', []);
    const { accountId: id } = identity.globex.account;
    assert.deepEqual(await identity.call(user, 200, ['GET', '/v3/auth/domains']), {
      domains: [
        {
          id,
          name: 'globex',
          description: '',
          enabled: true,
          links: { self: `https://openccm.test/v3/domains/${id}` },
        },
      ],
      links: { self: 'https://openccm.test/v3/auth/domains', previous: null, next: null },
    });
    await identity.call(user, 200, ['GET', `/v3/domains/${id}`]);
    await identity.call(user, 404, ['GET', `/v3/domains/${identity.acme.account.accountId}`]);
  });

  test('GET /v5/caller-identity names account and principal', async () => {
    const { acme, call } = await createTestIdentity(await open());
    assert.deepEqual(await call(acme, 200, ['GET', '/v5/caller-identity']), {
      account_id: acme.account.accountId,
      principal_id: acme.userId,
      principal_urn: `iam::${acme.account.accountId}:user:root`,
    });
  });

  test("GET /v3/auth/catalog lists the services for the token's project", async () => {
    const { acme, call } = await createTestIdentity(await open());
    const { catalog } = await call<{ catalog: { type: string; endpoints: { url: string }[] }[] }>(acme, 200, [
      'GET',
      '/v3/auth/catalog',
    ]);
    assert.deepEqual(
      catalog.map(({ type, endpoints }) => [type, endpoints[0]?.url]),
      [
        ['iam', 'https://openccm.test/v3.0'],
        ['kms', `https://openccm.test/v1.0/${acme.account.projectId}`],
      ],
    );
  });

  test("projects are found by exact name in the caller's account", async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const user = await identity.addUser(acme, 'u', []);
    await call(acme, 201, [
      'POST',
      '/v3/projects',
      { project: { name: 'cn-north-4_sub', parent_id: acme.account.projectId } },
    ]);
    const found = await call<Projects>(user, 200, [
      'GET',
      `/v3/projects?name=cn-north-4&domain_id=${acme.account.accountId}`,
    ]);
    assert.deepEqual(found, {
      projects: [
        {
          id: acme.account.projectId,
          name: 'cn-north-4',
          domain_id: acme.account.accountId,
          parent_id: acme.account.accountId,
          is_domain: false,
          enabled: true,
          description: '',
          links: {
            next: null,
            previous: null,
            self: `https://openccm.test/v3/projects/${acme.account.projectId}`,
          },
        },
      ],
      links: { self: 'https://openccm.test/v3/projects', previous: null, next: null },
    });
    const count = async (query: string) =>
      (await call<Projects>(user, 200, ['GET', `/v3/projects${query}`])).projects.length;
    assert.equal(await count(''), 2);
    assert.equal(await count('?name=cn-north'), 0);
    assert.equal(await count(`?domain_id=${globex.account.accountId}`), 0);
    assert.equal(await count('?is_domain=true'), 0);
    assert.equal(await count('?enabled=false'), 0);
    assert.equal(await count('?page=2&per_page=1'), 1);
    assert.equal(await count(`?parent_id=${acme.account.projectId}`), 1);
    assert.equal((await call<Projects>(user, 200, ['GET', '/v3/auth/projects'])).projects.length, 2);
  });

  test('projects are made, changed and deleted', async () => {
    const { acme, globex, call } = await createTestIdentity(await open());
    const { project } = await call<{ project: { id: string } }>(acme, 201, [
      'POST',
      '/v3/projects',
      { project: { name: 'eu-west-101', description: 'Europe' } },
    ]);
    const url = `/v3/projects/${project.id}`;
    await call(acme, 409, ['POST', '/v3/projects', { project: { name: 'eu-west-101' } }]);
    await call(acme, 400, ['POST', '/v3/projects', { project: { name: 'x', parent_id: project.id } }]);
    await call(acme, 403, [
      'POST',
      '/v3/projects',
      { project: { name: 'x', domain_id: globex.account.accountId } },
    ]);
    const updated = await call<{ project: object }>(acme, 200, [
      'PATCH',
      url,
      { project: { description: 'EU' } },
    ]);
    assert.equal((updated.project as { description: string }).description, 'EU');
    for (const method of ['GET', 'DELETE'] as const) await call(globex, 404, [method, url]);
    await call(globex, 404, ['PATCH', url, { project: { name: 'mine' } }]);
    const status = await call<{ project: { status: string } }>(acme, 200, [
      'GET',
      `/v3-ext/projects/${project.id}`,
    ]);
    assert.equal(status.project.status, 'normal');
    await call(acme, 200, ['DELETE', url]);
    await call(acme, 404, ['GET', url]);
    await call(acme, 403, ['DELETE', `/v3/projects/${acme.account.projectId}`]);
  });

  test('enterprise projects, the default one among them', async () => {
    const { acme, globex, call } = await createTestIdentity(await open());
    const url = '/v1.0/enterprise-projects';
    interface One {
      readonly enterprise_project: { id: string; name: string; status: number; created_at: string };
    }
    const { enterprise_project: made } = await call<One>(acme, 201, [
      'POST',
      url,
      { name: 'department', description: 'd' },
    ]);
    assert.match(made.id, /^[0-9a-f-]{36}$/);
    assert.equal(made.created_at, '2025-11-28T09:30:00Z');
    await call(acme, 409, ['POST', url, { name: 'department' }]);
    await call(acme, 400, ['POST', url, { name: 'default' }]);
    await call(acme, 200, ['PUT', `${url}/${made.id}`, { name: 'division', description: '' }]);
    await call(acme, 204, ['POST', `${url}/${made.id}/action`, { action: 'disable' }]);
    const { enterprise_project: now } = await call<One>(acme, 200, ['GET', `${url}/${made.id}`]);
    assert.deepEqual([now.name, now.status], ['division', 2]);
    assert.equal((await call<One>(acme, 200, ['GET', `${url}/0`])).enterprise_project.name, 'default');
    interface List {
      readonly enterprise_projects: { name: string }[];
      readonly total_count: number;
    }
    const list = await call<List>(acme, 200, ['GET', url]);
    assert.deepEqual(
      [list.total_count, list.enterprise_projects.map((project) => project.name)],
      [2, ['default', 'division']],
    );
    assert.equal((await call<List>(acme, 200, ['GET', `${url}?status=2`])).total_count, 1);
    await call(globex, 404, ['GET', `${url}/${made.id}`]);
    await call(globex, 404, ['PUT', `${url}/${made.id}`, { name: 'mine' }]);
    assert.equal((await call<List>(globex, 200, ['GET', url])).total_count, 1);
  });

  test('errors have code, message and title, and the request id in a header', async () => {
    const { app, acme, call } = await createTestIdentity(await open());
    const response = await app.inject({ url: '/v3/projects' });
    assert.equal(response.statusCode, 401);
    assert.match(String(response.headers['x-request-id']), /^[0-9a-f]{32}$/);
    assert.deepEqual(response.json(), {
      error: {
        code: 401,
        message: 'The request you have made requires authentication.',
        title: 'Unauthorized',
      },
    });
    const invalid = await call<{ error: { message: string } }>(acme, 400, [
      'POST',
      '/v3/projects',
      { project: {} },
    ]);
    assert.match(invalid.error.message, /^Request body is invalid\. body project\.name is mandatory\.$/);
    const version = await send<{ version: { id: string; status: string; links: object[] } }>(app, 200, {}, [
      'GET',
      '/v3',
    ]);
    assert.equal(version.version.status, 'stable');
    assert.deepEqual(version.version.links, [{ rel: 'self', href: 'https://openccm.test/v3/' }]);
  });
});
