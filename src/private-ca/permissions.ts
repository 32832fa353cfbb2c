import type { AccessRequest } from '../iam/actor.ts';
import { type AccessTarget, askFor, critical, type Permission, permission } from '../iam/index.ts';

export type { AccessTarget, RequestedTags } from '../iam/index.ts';

const project = ['g:EnterpriseProjectId'] as const;
const tagged = ['g:EnterpriseProjectId', 'g:ResourceTag'] as const;
const projectAndName = ['g:EnterpriseProjectId', 'pca:CommonName', 'pca:SubjectNames'] as const;
// The reference asks for no names of CAs.
const names = ['pca:SubjectNames'] as const;

/** Reference 5.2. Creations have no tags in their bodies (PCA-D012), so theirs are without keys for them. */
export const permissions = {
  listAuthorities: permission('pca:ca:list', project),
  createAuthority: permission('pca:ca:create', [...project, ...names]),
  getAuthorityQuota: permission('pca:ca:quota', []),
  getAuthority: permission('pca:ca:get', tagged),
  deleteAuthority: critical(permission('pca:ca:delete', tagged)),
  activateAuthority: permission('pca:ca:activate', [...tagged, ...names], 'pca:ca:active'),
  exportAuthorityCsr: permission('pca:ca:getCsr', tagged),
  disableAuthority: permission('pca:ca:disable', tagged),
  enableAuthority: permission('pca:ca:enable', tagged),
  exportAuthority: permission('pca:ca:export', tagged),
  importAuthority: permission('pca:ca:import', [...project, ...names]),
  restoreAuthority: permission('pca:ca:restore', tagged),
  revokeAuthority: critical(permission('pca:ca:revoke', tagged)),
  enableCrl: permission('pca:ca:enableCrl', tagged),
  disableCrl: permission('pca:ca:disableCrl', tagged),
  // The reference has neither the operation nor an action for it.
  switchOcsp: permission('pca:ca:switchOcsp', tagged),
  // Extensions, too.
  listShares: permission('pca:ca:listShares', tagged),
  setShares: critical(permission('pca:ca:setShares', tagged)),
  listIssuedCertificates: permission('pca:ca:listIssuedCerts', tagged),
  revokeIssuedCertificate: permission('pca:ca:revokeIssuedCert', tagged),
  getIssuancePolicy: permission('pca:ca:getIssuancePolicy', tagged),
  setIssuancePolicy: critical(permission('pca:ca:setIssuancePolicy', tagged)),
  listCertificates: permission('pca:cert:list', project),
  issueCertificate: permission('pca:ca:issueCert', projectAndName),
  issueCertificateByCsr: permission('pca:ca:issueCertByCsr', projectAndName, 'pca:ca:issueCertThroughCSR'),
  // Of its own, and asked in addition: a CA certificate for a key kept elsewhere lets its holder issue.
  issueAuthorityByCsr: permission('pca:ca:issueCaCertByCsr', projectAndName),
  getCertificateQuota: permission('pca:cert:quota', []),
  getCertificate: permission('pca:cert:get', project),
  // Chapter 5 names pca:ca:delete here, which looks like a slip: who may delete CAs is not thereby meant.
  deleteCertificate: permission('pca:cert:delete', project),
  exportCertificate: critical(permission('pca:cert:export', project)),
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

/** The CA as policies of the account name it; of another account's CA they may name either account. */
export function caTarget(
  accountId: string,
  caId: string,
  ownerId = accountId,
): Pick<AccessTarget, 'resource' | 'resourceAlias'> {
  const own = caResource(accountId, caId);
  return ownerId === accountId
    ? { resource: own }
    : { resource: caResource(ownerId, caId), resourceAlias: own };
}

export function asksForTags(name: PermissionName): boolean {
  return (permissions[name] as Permission).conditionKeys.includes('g:ResourceTag');
}

/** The question to identity: may the actor use this permission, on this resource, under these conditions? */
export function accessRequest(name: PermissionName, target: AccessTarget = {}): AccessRequest {
  return askFor(permissions[name], target);
}
