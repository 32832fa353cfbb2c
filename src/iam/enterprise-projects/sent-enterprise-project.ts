/** The project of what names none. */
export const defaultEnterpriseProjectId = '0';

/** Reference 4.1.2.1, 4.2.1.2; the empty string is what Terraform sends for "not set". */
export const enterpriseProjectPattern =
  '^(|all|0|[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12})$';

/** Undefined for what names no project: absent, empty, and `all`, which makes sense for a search only. */
export function namedEnterpriseProject(sent: string | undefined): string | undefined {
  return sent === undefined || sent === '' || sent === 'all' ? undefined : sent;
}
