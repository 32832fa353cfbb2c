import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { notFound } from '../errors.ts';
import { enterpriseProjectLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import type { EnterpriseProjectTable } from '../tables.ts';
import { findEnterpriseProjects, insertEnterpriseProject, updateEnterpriseProjectRow } from './store.ts';

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
