import type { AccessRequest } from '../iam/actor.ts';
import { type AccessTarget, askFor, critical, type Permission, permission } from '../iam/index.ts';

export type { AccessTarget, RequestedTags } from '../iam/index.ts';

const project = ['g:EnterpriseProjectId'] as const;
const tagged = ['g:EnterpriseProjectId', 'g:ResourceTag'] as const;

/** Chapter 5 of the reference has no actions of this service: they are those of its pages and of the vendor's policies. */
export const permissions = {
  purchaseCertificate: permission(
    'scm:cert:subscribe',
    [...project, 'g:RequestTag', 'g:TagKeys'],
    'scm:cert:purchase',
  ),
  applyCertificate: permission('scm:cert:apply', [...tagged, 'scm:SubjectNames'], 'scm:cert:complete'),
  cancelApplication: permission('scm:cert:cancel', tagged),
  listCertificates: permission('scm:cert:list', project),
  importCertificate: permission('scm:cert:import', project, 'scm:cert:upload'),
  getCertificate: permission('scm:cert:get', tagged),
  deleteCertificate: permission('scm:cert:delete', tagged),
  exportCertificate: critical(permission('scm:cert:export', tagged, 'scm:cert:download')),
  pushCertificate: permission('scm:cert:push', tagged),
  deployCertificate: permission('scm:cert:deployResources', tagged),
  listDeployedResources: permission('scm:cert:listDeployedResources', tagged, 'scm:cert:deployed'),
  unsubscribeCertificate: permission('scm:cert:unsubscribe', tagged),
  changeTags: permission('scm:cert:createTag', [...tagged, 'g:RequestTag', 'g:TagKeys']),
  listTags: permission('scm:cert:listTagsByCertificate', tagged),
  listAllTags: permission('scm:cert:listAllTags', []),
  findByTags: permission('scm:cert:listCertificatesByTag', [...project, 'g:RequestTag', 'g:TagKeys']),
  enableNotification: permission('scm:cert:enableNotification', project),
  disableNotification: permission('scm:cert:disableNotification', project),
  createCsr: permission('scm::createCsr', []),
  listCsrs: permission('scm::listCsr', []),
  getCsr: permission('scm::getCsr', []),
  updateCsr: permission('scm::updateCsr', []),
  deleteCsr: permission('scm::deleteCsr', []),
  uploadCsr: permission('scm::uploadCsr', []),
  getCsrPrivateKey: critical(permission('scm::getCsrPrivateKey', [])),
  // Extensions: the vendor does these in its console only, or not at all.
  revokeCertificate: permission('scm:cert:revoke', tagged),
  reviewApplication: permission('scm:cert:reviewApplication', tagged),
  watchEndpoint: permission('scm:endpoint:watch', []),
  listEndpoints: permission('scm:endpoint:list', []),
} as const satisfies Record<string, Permission>;

export type PermissionName = keyof typeof permissions;

/** `<service>:<region>:<account>:<type>:<id>`; the service is global. */
export function certificateResource(accountId: string, certificateId: string): string {
  return `scm:*:${accountId}:cert:${certificateId}`;
}

/** Whether a decision on this permission may depend on the tags of the certificate. */
export function asksForTags(name: PermissionName): boolean {
  return (permissions[name] as Permission).conditionKeys.includes('g:ResourceTag');
}

/** The question to identity: may the actor use this permission, on this resource, under these conditions? */
export function accessRequest(name: PermissionName, target: AccessTarget = {}): AccessRequest {
  return askFor(permissions[name], target);
}
