import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessRequest, certificateResource, type PermissionName, permissions } from './permissions.ts';

const project = 'g:EnterpriseProjectId';
const tagged = [project, 'g:ResourceTag/owned'];
const tagging = ['g:RequestTag/sent', 'g:TagKeys'];

/** Policies in use name these: action, its other name if there is one, and the condition keys. */
const expected: Record<PermissionName, readonly [names: string, conditionKeys: readonly string[]]> = {
  purchaseCertificate: ['scm:cert:subscribe scm:cert:purchase', [project, ...tagging]],
  applyCertificate: ['scm:cert:apply scm:cert:complete', [...tagged, 'scm:SubjectNames']],
  cancelApplication: ['scm:cert:cancel', tagged],
  listCertificates: ['scm:cert:list', [project]],
  importCertificate: ['scm:cert:import scm:cert:upload', [project]],
  getCertificate: ['scm:cert:get', tagged],
  deleteCertificate: ['scm:cert:delete', tagged],
  exportCertificate: ['scm:cert:export scm:cert:download', tagged],
  pushCertificate: ['scm:cert:push', tagged],
  deployCertificate: ['scm:cert:deployResources', tagged],
  listDeployedResources: ['scm:cert:listDeployedResources scm:cert:deployed', tagged],
  unsubscribeCertificate: ['scm:cert:unsubscribe', tagged],
  changeTags: ['scm:cert:createTag', [...tagged, ...tagging]],
  listTags: ['scm:cert:listTagsByCertificate', tagged],
  listAllTags: ['scm:cert:listAllTags', []],
  findByTags: ['scm:cert:listCertificatesByTag', [project, ...tagging]],
  enableNotification: ['scm:cert:enableNotification', [project]],
  disableNotification: ['scm:cert:disableNotification', [project]],
  createCsr: ['scm::createCsr', []],
  listCsrs: ['scm::listCsr', []],
  getCsr: ['scm::getCsr', []],
  updateCsr: ['scm::updateCsr', []],
  deleteCsr: ['scm::deleteCsr', []],
  uploadCsr: ['scm::uploadCsr', []],
  getCsrPrivateKey: ['scm::getCsrPrivateKey', []],
  revokeCertificate: ['scm:cert:revoke', tagged],
  reviewApplication: ['scm:cert:reviewApplication', tagged],
  watchEndpoint: ['scm:endpoint:watch', []],
  listEndpoints: ['scm:endpoint:list', []],
};

/** Those that give a private key away. */
const critical: readonly PermissionName[] = ['exportCertificate', 'getCsrPrivateKey'];

const target = {
  resource: certificateResource('a1', 'scs1'),
  enterpriseProjectId: '0',
  resourceTags: [{ key: 'owned', value: 'yes' }],
  subjectNames: ['DNS:a.test'],
  requestedTags: [{ key: 'sent', values: ['one'] }],
};
const values = {
  [project]: '0',
  'g:ResourceTag/owned': 'yes',
  'g:RequestTag/sent': ['one'],
  'g:TagKeys': ['sent'],
  'scm:SubjectNames': ['DNS:a.test'],
};

for (const name of Object.keys(permissions) as PermissionName[]) {
  const [names, conditionKeys] = expected[name];
  test(`${name} asks for ${names}, under ${conditionKeys.join(', ') || 'no condition'}`, () => {
    const [action, ...aliases] = names.split(' ');
    const conditions = Object.fromEntries(
      Object.entries(values).filter(([key]) => conditionKeys.includes(key)),
    );
    const resource = 'scm:*:a1:cert:scs1';
    const { isCritical, ...request } = accessRequest(name, target);
    assert.deepEqual(request, { action, aliases, conditions, resource });
    assert.equal(isCritical, critical.includes(name));
  });
}
