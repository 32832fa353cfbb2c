import type { Identity } from '../iam/identity.ts';
import { scmError } from './errors.ts';

export const defaultEnterpriseProject = '0';

export const enterpriseProjectPattern =
  '^(|all|0|[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12})$';

/** Undefined for what names no project: absent, empty, and `all`, which makes sense for a search only. */
export function namedEnterpriseProject(sent: string | undefined): string | undefined {
  return sent === undefined || sent === '' || sent === 'all' ? undefined : sent;
}

/** The project of what is created. Throws SCM.0005 if the account has no such enterprise project. */
export async function enterpriseProjectOfNew(
  identity: Pick<Identity, 'enterpriseProjectExists'>,
  accountId: string,
  sent: string | undefined,
): Promise<string> {
  const id = namedEnterpriseProject(sent) ?? defaultEnterpriseProject;
  if (id === defaultEnterpriseProject || (await identity.enterpriseProjectExists(accountId, id))) return id;
  throw scmError('SCM.0005', 'enterprise_project_id does not name an enterprise project of this account.');
}
