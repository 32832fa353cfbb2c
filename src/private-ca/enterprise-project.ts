import type { Identity } from '../iam/identity.ts';
import {
  defaultEnterpriseProjectId,
  enterpriseProjectPattern,
  namedEnterpriseProject,
} from '../iam/index.ts';
import { pcaError } from './errors.ts';

/** Of requests to any service. */
export { defaultEnterpriseProjectId, enterpriseProjectPattern, namedEnterpriseProject };

/** Throws PCA.00020001 if the account has no such enterprise project, or has disabled it. */
export async function requireEnterpriseProject(
  identity: Pick<Identity, 'enterpriseProjectTakesNew'>,
  accountId: string,
  enterpriseProjectId: string,
): Promise<void> {
  if (enterpriseProjectId === defaultEnterpriseProjectId) return;
  if (await identity.enterpriseProjectTakesNew(accountId, enterpriseProjectId)) return;
  throw pcaError(
    'PCA.00020001',
    'enterprise_project_id does not name an enabled enterprise project of this account.',
  );
}
