import type { Actor } from '../actor.ts';
import { loadScopeGrants } from '../authentication/load-grants.ts';
import { requireGrantable } from '../authority.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { describeDependents } from '../dependents.ts';
import { badRequest, conflict, forbidden, notFound } from '../errors.ts';
import { projectLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import { liftedDenials } from '../policies/cover.ts';
import { deleteAssignments } from '../role-assignments/store.ts';
import type { ProjectTable } from '../tables.ts';
import {
  deleteProjectRow,
  findProject,
  findProjects,
  holdProject,
  insertProject,
  updateProjectRow,
} from './store.ts';

export interface NewProject {
  readonly name: string;
  readonly parentId?: string | undefined;
  readonly description?: string | undefined;
}

/** A project below one of the account's: its name begins with the parent's and an underscore, as at the vendor. */
export async function createProject(iam: IamContext, actor: Actor, input: NewProject): Promise<ProjectTable> {
  const access = { action: iamActions.createProject };
  return change(iam, actor, access, 'project', async (transaction) => {
    const parentId = input.parentId ?? actor.accountId;
    if (parentId !== actor.accountId) {
      const parent = await findProject(transaction, actor.accountId, parentId);
      if (!parent) throw notFound('project', parentId);
      if (!input.name.startsWith(`${parent.name}_`))
        throw badRequest(
          `project.name must begin with the parent's name and an underscore: ${parent.name}_.`,
        );
    }
    const project: ProjectTable = {
      project_id: iam.random.hexId(),
      account_id: actor.accountId,
      name: input.name,
      parent_id: parentId,
      description: input.description ?? '',
      enabled: 1,
      created_at: iam.clock.nowMs(),
    };
    await requireRoom(transaction, actor.accountId, projectLimit);
    await insertProject(transaction, project);
    return { result: project, resourceId: project.project_id, resourceName: project.name };
  });
}

export async function updateProject(
  iam: IamContext,
  actor: Actor,
  projectId: string,
  update: { readonly name?: string; readonly description?: string; readonly enabled?: boolean },
): Promise<ProjectTable> {
  const access = { action: iamActions.updateProject };
  return change(iam, actor, access, 'project', async (transaction) => {
    const project = await findProject(transaction, actor.accountId, projectId);
    if (!project) throw notFound('project', projectId);
    const { enabled, ...texts } = update;
    const values = defined({ ...texts, enabled: enabled === undefined ? undefined : Number(enabled) });
    if (Object.keys(values).length > 0)
      await updateProjectRow(transaction, actor.accountId, projectId, values);
    const result: ProjectTable = { ...project, ...values };
    return {
      result,
      resourceId: projectId,
      resourceName: result.name,
      detail: Object.keys(values).join(', '),
    };
  });
}

/** Deletes a project that nothing is in: 409 with what else it holds. The account's last project stays. */
export async function deleteProject(iam: IamContext, actor: Actor, projectId: string): Promise<void> {
  const access = { action: iamActions.deleteProject };
  await change(iam, actor, access, 'project', async (transaction) => {
    const projects = await findProjects(transaction, actor.accountId);
    const project = projects.find((candidate) => candidate.project_id === projectId);
    if (!project) throw notFound('project', projectId);
    if (projects.length === 1) throw forbidden('The last project of an account cannot be deleted.');
    if (projects.some((candidate) => candidate.parent_id === projectId))
      throw forbidden('The project has projects below it; delete them first.');
    // Whoever makes something in the project holds it too, so that nothing is added while it is counted.
    await holdProject(transaction, actor.accountId, projectId);
    const contents = await describeDependents(iam.dependents ?? [], transaction, {
      of: 'project',
      accountId: actor.accountId,
      id: projectId,
    });
    if (contents !== undefined)
      throw conflict(
        'project',
        `It holds ${contents}. Delete these first; keys go when their waiting time ends.`,
      );
    const granted = await loadScopeGrants(transaction, actor.accountId, projectId);
    requireGrantable(iam, actor, projectId, liftedDenials(granted));
    await deleteAssignments(transaction, actor.accountId, { scopeId: projectId });
    await deleteProjectRow(transaction, actor.accountId, projectId);
    return { result: undefined, resourceId: projectId, resourceName: project.name };
  });
}
