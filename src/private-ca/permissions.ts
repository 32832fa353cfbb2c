import type { AccessRequest } from '../iam/actor.ts';

type ConditionKey = 'g:EnterpriseProjectId' | 'pca:CommonName';

type Permission = {
  readonly action: string;
  /** Other names of the action in the reference (chapter 5, column Alias); a policy may use any of them. */
  readonly aliases: readonly string[];
  /** The keys that this capability fills in. Conditions on tags join with the tags. */
  readonly conditionKeys: readonly ConditionKey[];
};

function permission(
  action: string,
  conditionKeys: readonly ConditionKey[],
  ...aliases: string[]
): Permission {
  return { action, aliases, conditionKeys };
}

const project = ['g:EnterpriseProjectId'] as const;
const projectAndName = ['g:EnterpriseProjectId', 'pca:CommonName'] as const;

export const permissions = {
  listAuthorities: permission('pca:ca:list', project),
  createAuthority: permission('pca:ca:create', project),
  getAuthorityQuota: permission('pca:ca:quota', []),
  getAuthority: permission('pca:ca:get', project),
  deleteAuthority: permission('pca:ca:delete', project),
  activateAuthority: permission('pca:ca:activate', project, 'pca:ca:active'),
  exportAuthorityCsr: permission('pca:ca:getCsr', project),
  disableAuthority: permission('pca:ca:disable', project),
  enableAuthority: permission('pca:ca:enable', project),
  exportAuthority: permission('pca:ca:export', project),
  importAuthority: permission('pca:ca:import', project),
  restoreAuthority: permission('pca:ca:restore', project),
  revokeAuthority: permission('pca:ca:revoke', project),
  enableCrl: permission('pca:ca:enableCrl', project),
  disableCrl: permission('pca:ca:disableCrl', project),
  // The reference has neither the operation nor an action for it.
  switchOcsp: permission('pca:ca:switchOcsp', project),
  listCertificates: permission('pca:cert:list', project),
  issueCertificate: permission('pca:ca:issueCert', projectAndName),
  issueCertificateByCsr: permission('pca:ca:issueCertByCsr', projectAndName, 'pca:ca:issueCertThroughCSR'),
  getCertificateQuota: permission('pca:cert:quota', []),
  getCertificate: permission('pca:cert:get', project),
  // Chapter 5 names pca:ca:delete here, which looks like a slip: who may delete CAs is not thereby meant.
  deleteCertificate: permission('pca:cert:delete', project),
  exportCertificate: permission('pca:cert:export', project),
  revokeCertificate: permission('pca:ca:revokeCert', project, 'pca:cert:revoke'),
} as const satisfies Record<string, Permission>;

export type PermissionName = keyof typeof permissions;

/** `<service>:<region>:<account>:<type>:<id>`; the service has one region, so a policy's region does not tell CAs apart. */
export function caResource(accountId: string, caId: string): string {
  return `pca:*:${accountId}:ca:${caId}`;
}

/** The question to identity: may the actor use this permission, on this resource, under these conditions? */
export function accessRequest(
  name: PermissionName,
  target: {
    readonly resource?: string;
    readonly enterpriseProjectId?: string | undefined;
    readonly commonName?: string | undefined;
  } = {},
): AccessRequest {
  const { action, aliases, conditionKeys } = permissions[name] as Permission;
  const values: Record<ConditionKey, string | undefined> = {
    'g:EnterpriseProjectId': target.enterpriseProjectId,
    'pca:CommonName': target.commonName,
  };
  const conditions = Object.fromEntries(conditionKeys.map((key) => [key, values[key]]));
  return {
    action,
    aliases,
    conditions,
    ...(target.resource === undefined ? {} : { resource: target.resource }),
  };
}
