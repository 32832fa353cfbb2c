import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity } from '../../../test/support/identity.ts';
import { migrations } from '../index.ts';
import { insertEnterpriseProject } from './store.ts';

interface Listing {
  readonly enterprise_projects: { readonly id: string; readonly name: string }[];
  readonly total_count: number;
}

const many = 10_000;

describeOnEachDatabase('lists of enterprise projects', migrations, (open) => {
  test('a disabled one takes nothing new', async () => {
    const { acme, globex, call, iam } = await createTestIdentity(await open());
    const { enterprise_project } = await call<{ enterprise_project: { id: string } }>(acme, 201, [
      'POST',
      '/v1.0/enterprise-projects',
      { name: 'old' },
    ]);
    const { id } = enterprise_project;
    const takesNew = ({ account } = acme) => iam.identity.enterpriseProjectTakesNew(account.accountId, id);
    const act = (action: string) =>
      call(acme, 204, ['POST', `/v1.0/enterprise-projects/${id}/action`, { action }]);
    assert.deepEqual([await takesNew(), await takesNew(globex)], [true, false]);
    await act('disable');
    assert.equal(await takesNew(), false);
    await act('enable');
    assert.equal(await takesNew(), true);
  });

  test('pages are as if all were in one list', async () => {
    const database = await open();
    const { acme, call } = await createTestIdentity(database);
    const accountId = acme.account.accountId;
    await database.transaction(async (transaction) => {
      for (let index = 0; index < 5; index++)
        await insertEnterpriseProject(transaction, projectOf(accountId, index));
    });
    const list = (query: string) => call<Listing>(acme, 200, ['GET', `/v1.0/enterprise-projects?${query}`]);
    const names = async (query: string) => (await list(query)).enterprise_projects.map(({ name }) => name);
    const all = ['default', 'p0', 'p1', 'p2', 'p3', 'p4'];
    for (const direction of ['asc', 'desc'])
      for (const limit of [1, 2, 3, 6, 7]) {
        const wanted = direction === 'asc' ? all : all.toReversed();
        for (let offset = 0; offset <= 7; offset++)
          assert.deepEqual(
            await names(`sort_dir=${direction}&limit=${limit}&offset=${offset}`),
            wanted.slice(offset, offset + limit),
            `${direction} ${limit} ${offset}`,
          );
      }
    assert.equal((await list('limit=1')).total_count, 6);
    assert.deepEqual(await names('name=p'), all.slice(1));
    assert.deepEqual(await names('name=fau'), ['default']);
    assert.deepEqual(await names('id=0'), ['default']);
    assert.deepEqual(await names('status=2'), []);
    assert.equal((await list('type=poc')).total_count, 0);
  });

  test('a page of ten thousand is read alone', async () => {
    const database = await open();
    const identity = await createTestIdentity(database);
    const { acme, call } = identity;
    const user = await identity.addUser(acme, 'u', ['FullAccess']);
    await database.transaction(async (transaction) => {
      for (let index = 0; index < many; index++)
        await insertEnterpriseProject(transaction, projectOf(acme.account.accountId, index));
    });
    const actor = await user.actor();
    const start = performance.now();
    const { total_count, enterprise_projects } = await call<Listing>(acme, 200, [
      'GET',
      '/v1.0/enterprise-projects?limit=10&offset=5000',
    ]);
    assert.deepEqual([total_count, enterprise_projects.length], [many + 1, 10]);
    const permitted = await identity.iam.identity.permittedEnterpriseProjects(actor, {
      action: 'pca:ca:list',
    });
    assert.equal(permitted, 'all');
    // Some 20 ms on a quiet machine; reading all of them took ten times as long.
    assert.ok(performance.now() - start < 1000);
  });
});

function projectOf(accountId: string, index: number) {
  return {
    enterprise_project_id: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`,
    account_id: accountId,
    name: `p${index}`,
    description: '',
    type: 'prod',
    enabled: 1,
    created_at: index + 1,
    updated_at: index + 1,
  } as const;
}
