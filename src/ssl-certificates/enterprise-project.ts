import type { Identity } from '../iam/identity.ts';
import {
  defaultEnterpriseProjectId,
  enterpriseProjectPattern,
  namedEnterpriseProject,
} from '../iam/index.ts';
import { scmError } from './errors.ts';

/** Of requests to any service. */
export { defaultEnterpriseProjectId, enterpriseProjectPattern, namedEnterpriseProject };

/** The project of what is created. Throws SCM.0005 if the account has no such enterprise project, or has disabled it. */
export async function enterpriseProjectOfNew(
  identity: Pick<Identity, 'enterpriseProjectTakesNew'>,
  accountId: string,
  sent: string | undefined,
): Promise<string> {
  const id = namedEnterpriseProject(sent) ?? defaultEnterpriseProjectId;
  if (id === defaultEnterpriseProjectId || (await identity.enterpriseProjectTakesNew(accountId, id)))
    return id;
  throw scmError(
    'SCM.0005',
    'enterprise_project_id does not name an enabled enterprise project of this account.',
  );
}
