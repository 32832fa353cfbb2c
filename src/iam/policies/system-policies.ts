import { createHash } from 'node:crypto';
import type { Policy } from './policy.ts';
import type { PolicyDocument } from './policy-document.ts';

/** Services whose resources tenants administrate; identity itself is left to the Security Administrator. */
const tenantServices = ['pca', 'scm', 'kms', 'obs', 'eps', 'cts', 'bss'];

const pcaReadActions = [
  'pca:ca:list',
  'pca:ca:get',
  'pca:ca:getCsr',
  'pca:ca:quota',
  'pca:ca:getIssuancePolicy',
  'pca:ca:listShares',
  'pca:ca:listIssuedCerts',
  // Certificates of CAs are public; pca:cert:export gives private keys away and is left out.
  'pca:ca:export',
  'pca:ca:listTags',
  'pca:ca:listAllTags',
  'pca:ca:listByTag',
  'pca:cert:list',
  'pca:cert:get',
  'pca:cert:quota',
  'pca:cert:parseCsr',
  'pca:cert:listTags',
  'pca:cert:listAllTags',
  'pca:cert:listByTag',
];

const scmReadActions = [
  'scm:cert:list',
  'scm:cert:get',
  'scm:cert:listTagsByCertificate',
  'scm:cert:listAllTags',
  'scm:cert:listCertificatesByTag',
  'scm:cert:listDeployedResources',
  'scm::listCsr',
  'scm::getCsr',
];

const kmsReadActions = [
  'kms:cmk:get',
  'kms:cmk:list',
  'kms:cmk:getPublicKey',
  'kms:cmk:getRotation',
  'kms:cmk:getInstance',
  'kms:cmk:getQuota',
  'kms:cmk:listRegions',
  'kms:cmkTag:list',
  'kms:cmkTag:listInstance',
  'kms:grant:list',
  'kms:alias:list',
  'kms:keystore:list',
  'kms:keystore:get',
  'kms:policy:list',
  'kms:policy:get',
  'kms:accessPoint:list',
];

const iamReadActions = ['iam:*:get*', 'iam:*:list*', 'iam:*:check*'];
const otherReadActions = [
  'obs:*:Get*',
  'obs:*:List*',
  'eps:*:get*',
  'eps:*:list*',
  'cts:*:list*',
  'bss:*:view',
];

function systemPolicy(
  displayName: string,
  name: string,
  catalog: string,
  description: string,
  actions: readonly string[],
  version: PolicyDocument['Version'] = '1.1',
): Policy {
  return {
    // From the name, so that it is the same on every installation and after every upgrade.
    policyId: createHash('sha256').update(`system policy ${name}`).digest('hex').slice(0, 32),
    accountId: undefined,
    name,
    displayName,
    type: 'AA',
    catalog,
    description,
    document: { Version: version, Statement: [{ Effect: 'Allow', Action: actions }] },
    createdAt: undefined,
    updatedAt: undefined,
  };
}

const all = (service: string) => `${service}:*:*`;

/** The policies that exist in every account and that nobody can change. */
export const systemPolicies: readonly Policy[] = [
  systemPolicy(
    'Tenant Administrator',
    'te_admin',
    'BASE',
    'Tenant Administrator (Exclude IAM)',
    tenantServices.map(all),
  ),
  systemPolicy('Tenant Guest', 'readonly', 'BASE', 'Tenant Guest (Exclude IAM)', [
    ...pcaReadActions,
    ...scmReadActions,
    ...kmsReadActions,
    ...otherReadActions,
  ]),
  systemPolicy(
    'Security Administrator',
    'secu_admin',
    'BASE',
    'Full permissions for Identity and Access Management',
    [all('iam')],
  ),
  systemPolicy(
    'Agent Operator',
    'te_agency',
    'BASE',
    'Permissions for switching roles to access resources of delegating accounts',
    ['iam:agencies:assume', 'iam:agencies:list*', 'iam:agencies:get*'],
  ),
  systemPolicy(
    'FullAccess',
    'system_all_0',
    'BASE',
    'Full permissions for all services that support policies',
    ['*:*:*'],
  ),
  systemPolicy(
    'IAM ReadOnlyAccess',
    'system_all_iam_1',
    'IAM',
    'Read-only permissions for Identity and Access Management',
    iamReadActions,
  ),
  systemPolicy(
    'EPS FullAccess',
    'system_all_eps_0',
    'EPS',
    'Full permissions for Enterprise Project Management',
    [all('eps')],
  ),
  systemPolicy('CTS ReadOnlyAccess', 'system_all_cts_1', 'CTS', 'Read-only permissions for audit records', [
    'cts:*:list*',
  ]),
  systemPolicy(
    'PCA FullAccess',
    'system_all_pca_0',
    'PCA',
    'Full permissions for Private Certificate Authority',
    [all('pca')],
  ),
  systemPolicy(
    'PCA ReadOnlyAccess',
    'system_all_pca_1',
    'PCA',
    'Read-only permissions for Private Certificate Authority',
    pcaReadActions,
  ),
  systemPolicy('SCM FullAccess', 'system_all_scm_0', 'SCM', 'Full permissions for SSL Certificate Manager', [
    'scm:*',
  ]),
  systemPolicy('SCM Administrator', 'scm_adm', 'SCM', 'SSL Certificate Manager administrator', ['scm:*']),
  systemPolicy(
    'SCM ReadOnlyAccess',
    'system_all_scm_1',
    'SCM',
    'Read-only permissions for SSL Certificate Manager',
    scmReadActions,
  ),
  systemPolicy(
    'KMS Administrator',
    'kms_adm',
    'KMS',
    'Administrator permissions for Key Management Service',
    [all('kms')],
  ),
  systemPolicy('KMS CMKFullAccess', 'system_all_kms_0', 'KMS', 'Full permissions for keys', [all('kms')]),
  systemPolicy(
    'KMS CMKReadOnlyAccess',
    'system_all_kms_1',
    'KMS',
    'Read-only permissions for keys',
    kmsReadActions,
  ),
  systemPolicy('OBS OperateAccess', 'system_all_obs_1', 'OBS', 'Basic operations on buckets and objects', [
    'obs:bucket:List*',
    'obs:bucket:Head*',
    'obs:bucket:Get*',
    'obs:object:Get*',
    'obs:object:PutObject',
  ]),
  systemPolicy(
    'PCAFullAccessPolicy',
    'PCAFullAccessPolicy',
    'PCA',
    'Full permissions for Private Certificate Authority',
    [all('pca')],
    '5.0',
  ),
  systemPolicy(
    'PCAReadOnlyPolicy',
    'PCAReadOnlyPolicy',
    'PCA',
    'Read-only permissions for Private Certificate Authority',
    pcaReadActions,
    '5.0',
  ),
  systemPolicy(
    'SCMFullAccessPolicy',
    'SCMFullAccessPolicy',
    'SCM',
    'Full permissions for SSL Certificate Manager',
    ['scm:*'],
    '5.0',
  ),
  systemPolicy(
    'SCMReadOnlyPolicy',
    'SCMReadOnlyPolicy',
    'SCM',
    'Read-only permissions for SSL Certificate Manager',
    scmReadActions,
    '5.0',
  ),
  systemPolicy(
    'KMSFullAccessPolicy',
    'KMSFullAccessPolicy',
    'KMS',
    'Full permissions for Key Management Service',
    [all('kms')],
    '5.0',
  ),
  systemPolicy(
    'KMSReadOnlyPolicy',
    'KMSReadOnlyPolicy',
    'KMS',
    'Read-only permissions for Key Management Service',
    kmsReadActions,
    '5.0',
  ),
];

const byId = new Map(systemPolicies.map((policy) => [policy.policyId, policy]));

export function findSystemPolicy(policyId: string): Policy | undefined {
  return byId.get(policyId);
}

/** By display name or by the internal name; undefined if there is none of that name. */
export function findSystemPolicyByName(name: string): Policy | undefined {
  return systemPolicies.find((policy) => policy.displayName === name || policy.name === name);
}
