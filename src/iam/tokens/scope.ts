import { findAccount, findAccountByName } from '../accounts/store.ts';
import type { Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { badRequest, forbidden } from '../errors.ts';
import { findProjects } from '../projects/store.ts';
import type { AccountTable, ProjectTable } from '../tables.ts';

export interface NamedReference {
  readonly id?: string;
  readonly name?: string;
}

/** As clients ask for it. */
export interface ScopeRequest {
  readonly project?: NamedReference & { readonly domain?: NamedReference };
  readonly domain?: NamedReference;
}

export type TokenScope =
  | { readonly kind: 'unscoped' }
  | { readonly kind: 'domain' }
  | { readonly kind: 'project'; readonly project: ProjectTable };

/** An account by exactly one of id and name; undefined if there is none. */
export async function findReferencedAccount(
  iam: IamContext,
  reference: NamedReference,
  place: string,
): Promise<AccountTable | undefined> {
  const { id, name } = reference;
  if ((id === undefined) === (name === undefined))
    throw badRequest(`${place} must have exactly one of id and name.`);
  return id === undefined ? findAccountByName(iam.database, name!) : findAccount(iam.database, id);
}

/**
 * The scope within the own account of who signs in; 403, recorded, for anything that is not there, whoever it may belong to.
 */
export async function resolveScope(
  iam: IamContext,
  actor: Actor,
  request: ScopeRequest | undefined,
): Promise<TokenScope> {
  if (request?.project && request.domain)
    throw badRequest('auth.scope must have at most one of project and domain.');
  if (request?.domain) {
    await requireOwnAccount(iam, actor, request.domain, 'auth.scope.domain');
    return { kind: 'domain' };
  }
  if (!request?.project) return { kind: 'unscoped' };

  const { id, name, domain } = request.project;
  if (domain) await requireOwnAccount(iam, actor, domain, 'auth.scope.project.domain');
  if (id === undefined && name === undefined) throw badRequest('auth.scope.project must have id or name.');
  const [project] = await findProjects(iam.database, actor.accountId, {
    enabled: true,
    ...defined({ projectId: id, name }),
  });
  if (!project) return refuse(iam, actor, `There is no project ${id ?? name} in the account of the user.`);
  return { kind: 'project', project };
}

async function requireOwnAccount(
  iam: IamContext,
  actor: Actor,
  reference: NamedReference,
  place: string,
): Promise<void> {
  const account = await findReferencedAccount(iam, reference, place);
  if (account?.account_id !== actor.accountId)
    await refuse(iam, actor, `${place} is not the account of the user.`);
}

async function refuse(iam: IamContext, actor: Actor, reason: string): Promise<never> {
  await iam.accessControl.recordRefusal(actor, 'iam:tokens:create', actor.principalId, reason);
  throw forbidden(reason);
}
