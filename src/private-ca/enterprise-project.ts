import type { Identity } from '../iam/identity.ts';
import { pcaError } from './errors.ts';

export const defaultEnterpriseProject = '0';

/** Reference 4.2.1.2; the empty string is what Terraform sends for "not set". */
export const enterpriseProjectPattern =
  '^(|all|0|[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12})$';

/** Undefined for what names no project: absent, empty, and `all`, which makes sense for a search only. */
export function namedEnterpriseProject(sent: string | undefined): string | undefined {
  return sent === undefined || sent === '' || sent === 'all' ? undefined : sent;
}

/** Throws PCA.00020001 if the account has no such enterprise project. */
export async function requireEnterpriseProject(
  identity: Pick<Identity, 'enterpriseProjectExists'>,
  accountId: string,
  enterpriseProjectId: string,
): Promise<void> {
  if (enterpriseProjectId === defaultEnterpriseProject) return;
  if (await identity.enterpriseProjectExists(accountId, enterpriseProjectId)) return;
  throw pcaError(
    'PCA.00020001',
    'enterprise_project_id does not name an enterprise project of this account.',
  );
}
