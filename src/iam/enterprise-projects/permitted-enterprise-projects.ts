import type { AccessRequest, Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { normaliseConditionKey } from '../policies/condition.ts';
import type { Grant } from '../policies/decide.ts';
import { enterpriseProjectIds } from './store.ts';

/** What belongs to no enterprise project of its own belongs to this one. */
const defaultProject = '0';
/** Stands for all projects that no grant names; no project has this id. */
const anyOther = 'any other';
const conditionKey = 'g:EnterpriseProjectId';

/** See Identity.permittedEnterpriseProjects. */
export async function permittedEnterpriseProjects(
  { accessControl, database }: Pick<IamContext, 'accessControl' | 'database'>,
  actor: Actor,
  request: AccessRequest,
): Promise<'all' | readonly string[]> {
  if (actor.kind === 'system' || actor.isRoot) return 'all';
  const isPermitted = (project: string) => {
    const conditions = { ...request.conditions, [conditionKey]: project };
    return accessControl.decide(actor, { ...request, conditions }) === 'allowed';
  };
  // Also where the question about the whole account is answered with yes: a policy may deny what is in one of its projects.
  const named = namedProjects(accessControl.grantsOf(actor));
  const areOthers = named && isPermitted(anyOther);
  if (areOthers && named.size === 0) return 'all';

  const projects =
    areOthers === false && named?.size === 0
      ? []
      : [defaultProject, ...(await enterpriseProjectIds(database, actor.accountId))];
  const permitted = projects.filter((project) =>
    named === undefined || named.has(project) ? isPermitted(project) : areOthers,
  );
  if (permitted.length === 0) {
    const decision = accessControl.decide(actor, request);
    return accessControl.refuse(actor, request, decision === 'allowed' ? 'not allowed' : decision);
  }
  return permitted.length === projects.length ? 'all' : permitted;
}

/** The projects that decisions tell from all others; undefined if a condition may tell any. Saves deciding 10,000 times. */
function namedProjects(grants: readonly Grant[]): ReadonlySet<string> | undefined {
  const named = new Set<string>();
  for (const { scope, statements } of grants) {
    if (scope.kind === 'enterprise-project') named.add(scope.enterpriseProjectId);
    for (const { source } of statements)
      for (const keys of Object.values(source.Condition ?? {}))
        if (Object.keys(keys).some(isAboutProject)) return undefined;
  }
  return named;
}

function isAboutProject(key: string): boolean {
  return normaliseConditionKey(key) === normaliseConditionKey(conditionKey);
}
