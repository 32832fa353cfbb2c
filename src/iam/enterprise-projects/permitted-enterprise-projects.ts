import type { AccessRequest, Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { findEnterpriseProjects } from './store.ts';

/** What belongs to no enterprise project of its own belongs to this one. */
const defaultProject = '0';

/** See Identity.permittedEnterpriseProjects. */
export async function permittedEnterpriseProjects(
  { accessControl, database }: Pick<IamContext, 'accessControl' | 'database'>,
  actor: Actor,
  request: AccessRequest,
): Promise<'all' | readonly string[]> {
  if (actor.kind === 'system' || actor.isRoot) return 'all';
  // Also where the question about the whole account is answered with yes: a policy may deny what is in one of its projects.
  const found = await findEnterpriseProjects(database, actor.accountId);
  const projects = [defaultProject, ...found.map(({ enterprise_project_id: id }) => id)];
  const permitted = projects.filter((project) => {
    const conditions = { ...request.conditions, 'g:EnterpriseProjectId': project };
    return accessControl.decide(actor, { ...request, conditions }) === 'allowed';
  });
  if (permitted.length === 0) {
    const decision = accessControl.decide(actor, request);
    return accessControl.refuse(actor, request, decision === 'allowed' ? 'not allowed' : decision);
  }
  return permitted.length === projects.length ? 'all' : permitted;
}
