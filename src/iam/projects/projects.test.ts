import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, testIamPorts } from '../../../test/support/identity.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { createContext } from '../create-context.ts';
import { createIam, type Dependent, migrations } from '../index.ts';
import { deleteProject } from './manage-projects.ts';

const contentMigrations = {
  ...migrations,
  'test-0001-contents': {
    async up(database: Parameters<(typeof migrations)[string]['up']>[0]) {
      await database.schema.createTable('test_contents').addColumn('project_id', 'text').execute();
    },
  },
};

interface ContentTables {
  test_contents: { project_id: string };
}

const contents: Dependent = {
  of: 'project',
  what: 'boxes',
  async count(reader, _accountId, projectId) {
    const rows = reader
      .tables<ContentTables>()
      .selectFrom('test_contents')
      .where('project_id', '=', projectId);
    return (await rows.selectAll().execute()).length;
  },
};

describeOnEachDatabase('deletion of projects', contentMigrations, (open) => {
  async function world() {
    const database = await open();
    const { acme, call } = await createTestIdentity(database);
    const context = createContext({ ...testIamPorts(), database, dependents: [contents] });
    const { identity } = createIam({ ...testIamPorts(), database });
    const { accountId } = acme.account;
    const actor = await acme.actor();
    const newProject = async (name: string) =>
      (await call<{ project: { id: string } }>(acme, 201, ['POST', '/v3/projects', { project: { name } }]))
        .project.id;
    /** A service's work that makes something in a project. */
    const fill = (projectId: string, before: (transaction: Transaction) => Promise<void> = async () => {}) =>
      database.transaction(async (transaction) => {
        if (!(await identity.holdProject(transaction, accountId, projectId))) return 'gone';
        await before(transaction);
        await transaction
          .tables<ContentTables>()
          .insertInto('test_contents')
          .values({ project_id: projectId })
          .execute();
        return 'filled';
      });
    return { newProject, fill, remove: (id: string) => deleteProject(context, actor, id) };
  }

  test('one that holds something stays, and the refusal says how much of what', async () => {
    const { newProject, fill, remove } = await world();
    const [full, empty] = [await newProject('full'), await newProject('empty')];
    await fill(full);
    await fill(full);
    await assert.rejects(remove(full), { status: 409, message: /It holds boxes: 2\. Delete these first/ });
    await remove(empty);
    assert.equal(await fill(empty), 'gone');
  });

  test('never goes with what is made at the same moment', async () => {
    const { newProject, fill, remove } = await world();
    for (let round = 0; round < 8; round++) {
      const id = await newProject(`p${round}`);
      const [filled, removed] = await Promise.allSettled([fill(id), remove(id)]);
      const outcome = [filled.status === 'fulfilled' && filled.value, removed.status];
      assert.ok(
        ['filled,rejected', 'gone,fulfilled'].includes(outcome.join()),
        `round ${round}: ${outcome.join()}`,
      );
    }
  });
});
