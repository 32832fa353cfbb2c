import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { notFound } from '../errors.ts';
import { enterpriseProjectLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import type { EnterpriseProjectTable } from '../tables.ts';
import {
  type EnterpriseProjectSearch,
  findEnterpriseProjects,
  insertEnterpriseProject,
  searchEnterpriseProjects,
  updateEnterpriseProjectRow,
} from './store.ts';

export interface EnterpriseProjectInput {
  readonly name: string;
  readonly description?: string | undefined;
  readonly type?: 'prod' | 'poc' | undefined;
}

/** Every account has it, without a row: what belongs to no other enterprise project is in it. */
export function defaultEnterpriseProject(accountId: string): EnterpriseProjectTable {
  return {
    enterprise_project_id: '0',
    account_id: accountId,
    name: 'default',
    description: 'Default enterprise project',
    type: 'prod',
    enabled: 1,
    created_at: 0,
    updated_at: 0,
  };
}

export interface EnterpriseProjectPage {
  readonly offset: number;
  readonly limit: number;
  readonly direction: 'asc' | 'desc';
}

/** The default project is the oldest: first or, in descending order, last. */
export async function listEnterpriseProjects(
  iam: IamContext,
  actor: Actor,
  search: EnterpriseProjectSearch,
  { offset, limit, direction }: EnterpriseProjectPage,
): Promise<{ readonly projects: EnterpriseProjectTable[]; readonly total: number }> {
  await iam.accessControl.authorize(actor, { action: iamActions.listEnterpriseProjects });
  const own = defaultEnterpriseProject(actor.accountId);
  const first = direction === 'asc' && isFound(own, search) ? [own] : [];
  const last = direction === 'desc' && isFound(own, search) ? [own] : [];
  const shownFirst = first.slice(offset, offset + limit);
  const { rows, total } = await searchEnterpriseProjects(iam.database, actor.accountId, search, {
    offset: Math.max(0, offset - first.length),
    limit: limit - shownFirst.length,
    direction,
  });
  const isEnd = offset + limit > total && offset <= total;
  const shownLast = isEnd ? last : [];
  return { projects: [...shownFirst, ...rows, ...shownLast], total: total + first.length + last.length };
}

function isFound(
  project: EnterpriseProjectTable,
  { id, name, type, enabled }: EnterpriseProjectSearch,
): boolean {
  return (
    (id === undefined || project.enterprise_project_id === id) &&
    (name === undefined || project.name.includes(name)) &&
    (type === undefined || project.type === type) &&
    (enabled === undefined || (project.enabled === 1) === enabled)
  );
}

export async function createEnterpriseProject(
  iam: IamContext,
  actor: Actor,
  input: EnterpriseProjectInput,
): Promise<EnterpriseProjectTable> {
  const access = { action: iamActions.createEnterpriseProject };
  return change(iam, actor, access, 'enterprise project', async (transaction) => {
    const nowMs = iam.clock.nowMs();
    const project: EnterpriseProjectTable = {
      enterprise_project_id: iam.random.uuid(),
      account_id: actor.accountId,
      name: input.name,
      description: input.description ?? '',
      type: input.type ?? 'prod',
      enabled: 1,
      created_at: nowMs,
      updated_at: nowMs,
    };
    await requireRoom(transaction, actor.accountId, enterpriseProjectLimit);
    await insertEnterpriseProject(transaction, project);
    return { result: project, resourceId: project.enterprise_project_id, resourceName: project.name };
  });
}

export async function updateEnterpriseProject(
  iam: IamContext,
  actor: Actor,
  id: string,
  update: { readonly name: string; readonly description?: string | undefined },
): Promise<EnterpriseProjectTable> {
  const { name, description } = update;
  const columns = defined({ name, description });
  return changeColumns(iam, actor, iamActions.updateEnterpriseProject, id, columns);
}

export async function enableEnterpriseProject(
  iam: IamContext,
  actor: Actor,
  id: string,
  enabled: boolean,
): Promise<void> {
  const action = enabled ? iamActions.enableEnterpriseProject : iamActions.disableEnterpriseProject;
  await changeColumns(iam, actor, action, id, { enabled: enabled ? 1 : 0 });
}

async function changeColumns(
  iam: IamContext,
  actor: Actor,
  action: string,
  id: string,
  columns: Partial<Pick<EnterpriseProjectTable, 'name' | 'description' | 'enabled'>>,
): Promise<EnterpriseProjectTable> {
  const access = { action, conditions: { 'g:EnterpriseProjectId': id } };
  return change(iam, actor, access, 'enterprise project', async (transaction) => {
    const [project] = await findEnterpriseProjects(transaction, actor.accountId, { id });
    if (!project) throw notFound('enterprise project', id);
    const values = { ...columns, updated_at: iam.clock.nowMs() };
    await updateEnterpriseProjectRow(transaction, actor.accountId, id, values);
    return { result: { ...project, ...values }, resourceId: id, resourceName: project.name };
  });
}
