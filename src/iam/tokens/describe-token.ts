import { findAccount } from '../accounts/store.ts';
import type { Principal } from '../authentication/principal.ts';
import type { IamContext } from '../context.ts';
import type { Grant } from '../policies/decide.ts';
import { findSystemPolicyByName } from '../policies/system-policies.ts';
import { findProject } from '../projects/store.ts';
import type { SessionTable } from '../tables.ts';
import { formatMicroseconds, formatWithoutZone } from '../timestamps.ts';
import { catalogFor } from './catalog.ts';

/** The body that goes with a token: on creation and on validation the same. */
export async function describeToken(
  iam: IamContext,
  session: SessionTable,
  principal: Principal,
  options: { readonly withCatalog: boolean },
): Promise<object> {
  const domain = { id: principal.accountId, name: principal.accountName };
  const row = session.project_id
    ? await findProject(iam.database, session.account_id, session.project_id)
    : undefined;
  const project = row && { id: row.project_id, name: row.name, domain };
  const scoped = session.scope !== 'unscoped';
  return {
    token: {
      methods: JSON.parse(session.methods) as string[],
      expires_at: formatMicroseconds(session.expires_at),
      issued_at: formatMicroseconds(session.issued_at),
      user: {
        id: principal.principalId,
        name: principal.principalName,
        domain,
        password_expires_at:
          principal.passwordEndMs === undefined ? '' : formatWithoutZone(principal.passwordEndMs),
      },
      ...(await assumedBy(iam, session)),
      ...(project ? { project } : {}),
      ...(session.scope === 'domain' ? { domain } : {}),
      ...(scoped ? { roles: rolesOf(principal, session.project_id) } : {}),
      ...(scoped && options.withCatalog
        ? {
            catalog: catalogFor(
              iam.services,
              iam.publicUrl,
              project && { projectId: project.id, name: project.name },
            ),
          }
        : {}),
    },
  };
}

async function assumedBy(iam: IamContext, session: SessionTable): Promise<object> {
  if (session.assumed_by === null) return {};
  const user = await iam.principals.user(session.assumed_by);
  if (!user) return {};
  const account = await findAccount(iam.database, user.accountId);
  const domain = { id: user.accountId, name: account?.name ?? '' };
  return { assumed_by: { user: { id: user.principalId, name: user.principalName, domain } } };
}

function rolesOf(principal: Principal, projectId: string | null): { id: string; name: string }[] {
  if (principal.isRoot) {
    return ['te_admin', 'secu_admin'].map((name) => ({ id: findSystemPolicyByName(name)!.policyId, name }));
  }
  const roles = new Map<string, string>();
  for (const grant of principal.grants)
    if (countsIn(grant, projectId)) roles.set(grant.policyId, grant.policyName);
  return [...roles].map(([id, name]) => ({ id, name }));
}

function countsIn({ scope }: Grant, projectId: string | null): boolean {
  return scope.kind === 'account' || (scope.kind === 'project' && scope.projectId === projectId);
}
