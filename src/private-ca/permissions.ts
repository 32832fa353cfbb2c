import type { AccessRequest } from '../iam/actor.ts';

type ConditionKey =
  | 'g:EnterpriseProjectId'
  | 'pca:CommonName'
  /** One for each tag of the resource, `g:ResourceTag/<key>`. */
  | 'g:ResourceTag'
  /** One for each tag that the request names, `g:RequestTag/<key>`. */
  | 'g:RequestTag'
  | 'g:TagKeys';

type Permission = {
  readonly action: string;
  /** Other names of the action in the reference (chapter 5, column Alias); a policy may use any of them. */
  readonly aliases: readonly string[];
  /** Reference 5.2. Creations have no tags in their bodies (PCA-D012), so theirs are without keys for them. */
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
const tagged = ['g:EnterpriseProjectId', 'g:ResourceTag'] as const;
const projectAndName = ['g:EnterpriseProjectId', 'pca:CommonName'] as const;

export const permissions = {
  listAuthorities: permission('pca:ca:list', project),
  createAuthority: permission('pca:ca:create', project),
  getAuthorityQuota: permission('pca:ca:quota', []),
  getAuthority: permission('pca:ca:get', tagged),
  deleteAuthority: permission('pca:ca:delete', tagged),
  activateAuthority: permission('pca:ca:activate', tagged, 'pca:ca:active'),
  exportAuthorityCsr: permission('pca:ca:getCsr', tagged),
  disableAuthority: permission('pca:ca:disable', tagged),
  enableAuthority: permission('pca:ca:enable', tagged),
  exportAuthority: permission('pca:ca:export', tagged),
  importAuthority: permission('pca:ca:import', project),
  restoreAuthority: permission('pca:ca:restore', tagged),
  revokeAuthority: permission('pca:ca:revoke', tagged),
  enableCrl: permission('pca:ca:enableCrl', tagged),
  disableCrl: permission('pca:ca:disableCrl', tagged),
  // The reference has neither the operation nor an action for it.
  switchOcsp: permission('pca:ca:switchOcsp', tagged),
  // Extensions, too.
  listShares: permission('pca:ca:listShares', tagged),
  setShares: permission('pca:ca:setShares', tagged),
  getIssuancePolicy: permission('pca:ca:getIssuancePolicy', tagged),
  setIssuancePolicy: permission('pca:ca:setIssuancePolicy', tagged),
  listCertificates: permission('pca:cert:list', project),
  issueCertificate: permission('pca:ca:issueCert', projectAndName),
  issueCertificateByCsr: permission('pca:ca:issueCertByCsr', projectAndName, 'pca:ca:issueCertThroughCSR'),
  getCertificateQuota: permission('pca:cert:quota', []),
  getCertificate: permission('pca:cert:get', project),
  // Chapter 5 names pca:ca:delete here, which looks like a slip: who may delete CAs is not thereby meant.
  deleteCertificate: permission('pca:cert:delete', project),
  exportCertificate: permission('pca:cert:export', project),
  revokeCertificate: permission('pca:ca:revokeCert', tagged, 'pca:cert:revoke'),
  createAuthorityTags: permission('pca:ca:createTag', [...tagged, 'g:RequestTag', 'g:TagKeys']),
  deleteAuthorityTags: permission('pca:ca:deleteTag', [...tagged, 'g:TagKeys']),
  listAuthorityTags: permission('pca:ca:listTags', tagged),
  listAllAuthorityTags: permission('pca:ca:listAllTags', []),
  findAuthoritiesByTags: permission('pca:ca:listByTag', [...project, 'g:RequestTag', 'g:TagKeys']),
  createCertificateTags: permission('pca:cert:createTag', [...project, 'g:RequestTag', 'g:TagKeys']),
  deleteCertificateTags: permission('pca:cert:deleteTag', [...project, 'g:TagKeys']),
  listCertificateTags: permission('pca:cert:listTags', project),
  listAllCertificateTags: permission('pca:cert:listAllTags', []),
  findCertificatesByTags: permission('pca:cert:listByTag', [...project, 'g:RequestTag', 'g:TagKeys']),
} as const satisfies Record<string, Permission>;

export type PermissionName = keyof typeof permissions;

/** `<service>:<region>:<account>:<type>:<id>`; the service has one region, so a policy's region does not tell CAs apart. */
export function caResource(accountId: string, caId: string): string {
  return `pca:*:${accountId}:ca:${caId}`;
}

/** What a request says about tags: to be written, to be deleted, or searched for. */
export type RequestedTags = readonly { readonly key: string; readonly values: readonly string[] }[];

export interface AccessTarget {
  readonly resource?: string;
  readonly enterpriseProjectId?: string | undefined;
  readonly commonName?: string | undefined;
  readonly resourceTags?: readonly { readonly key: string; readonly value: string }[] | undefined;
  readonly requestedTags?: RequestedTags | undefined;
}

export function asksForTags(name: PermissionName): boolean {
  return (permissions[name] as Permission).conditionKeys.includes('g:ResourceTag');
}

/** The question to identity: may the actor use this permission, on this resource, under these conditions? */
export function accessRequest(name: PermissionName, target: AccessTarget = {}): AccessRequest {
  const { action, aliases, conditionKeys } = permissions[name] as Permission;
  const conditions = Object.fromEntries(conditionKeys.flatMap((key) => conditionsOf(key, target)));
  return {
    action,
    aliases,
    conditions,
    ...(target.resource === undefined ? {} : { resource: target.resource }),
  };
}

function conditionsOf(
  key: ConditionKey,
  { enterpriseProjectId, commonName, resourceTags = [], requestedTags = [] }: AccessTarget,
): readonly (readonly [string, string | readonly string[] | undefined])[] {
  switch (key) {
    case 'g:EnterpriseProjectId':
      return [[key, enterpriseProjectId]];
    case 'pca:CommonName':
      return [[key, commonName]];
    case 'g:ResourceTag':
      return resourceTags.map((tag) => [`${key}/${tag.key}`, tag.value]);
    case 'g:RequestTag':
      return requestedTags.map((tag) => [`${key}/${tag.key}`, tag.values]);
    case 'g:TagKeys':
      return [[key, requestedTags.map((tag) => tag.key)]];
  }
}
