/** Actions on the account's security policies, by the last part of the path; names of the vendor's permission tables. */
export const securityPolicyActions = {
  'password-policy': {
    get: 'iam:securitypolicies:getPasswordPolicy',
    update: 'iam:securitypolicies:updatePasswordPolicy',
  },
  'login-policy': {
    get: 'iam:securitypolicies:getLoginPolicy',
    update: 'iam:securitypolicies:updateLoginPolicy',
  },
  'console-acl-policy': {
    get: 'iam:securitypolicies:getConsoleAclPolicy',
    update: 'iam:securitypolicies:updateConsoleAclPolicy',
  },
  'protect-policy': {
    get: 'iam:securitypolicies:getProtectPolicy',
    update: 'iam:securitypolicies:updateProtectPolicy',
  },
  'api-acl-policy': {
    get: 'iam:securitypolicies:getApiAclPolicy',
    update: 'iam:securitypolicies:updateApiAclPolicy',
  },
  'approval-policy': { get: 'iam:approvals:getPolicy', update: 'iam:approvals:updatePolicy' },
} as const;

/** The actions of identity, by what they are about; names of the vendor's permission tables. */
export const iamActions = {
  listUsers: 'iam:users:listUsers',
  getUser: 'iam:users:getUser',
  createUser: 'iam:users:createUser',
  updateUser: 'iam:users:updateUser',
  deleteUser: 'iam:users:deleteUser',
  changePassword: 'iam:users:changePassword',
  // An extension: the vendor asks for no permission.
  updateOwnInformation: 'iam:users:updateOwnInformation',
  // Extensions: the vendor shows no sessions.
  listSessions: 'iam:users:listSessions',
  endSession: 'iam:users:endSession',
  listGroups: 'iam:groups:listGroups',
  getGroup: 'iam:groups:getGroup',
  createGroup: 'iam:groups:createGroup',
  updateGroup: 'iam:groups:updateGroup',
  deleteGroup: 'iam:groups:deleteGroup',
  listGroupMembers: 'iam:users:listUsersForGroup',
  listGroupsOfUser: 'iam:groups:listGroupsForUser',
  checkMember: 'iam:permissions:checkUserInGroup',
  addMember: 'iam:permissions:addUserToGroup',
  removeMember: 'iam:permissions:removeUserFromGroup',
  listPolicies: 'iam:roles:listRoles',
  getPolicy: 'iam:roles:getRole',
  createPolicy: 'iam:roles:createRole',
  updatePolicy: 'iam:roles:updateRole',
  deletePolicy: 'iam:roles:deleteRole',
  listAssignments: 'iam:permissions:listRoleAssignments',
  checkAssignment: 'iam:permissions:checkRole',
  grantPolicy: 'iam:permissions:grantRole',
  revokePolicy: 'iam:permissions:revokeRole',
  listAccessKeys: 'iam:credentials:listCredentials',
  getAccessKey: 'iam:credentials:getCredential',
  createAccessKey: 'iam:credentials:createCredential',
  updateAccessKey: 'iam:credentials:updateCredential',
  deleteAccessKey: 'iam:credentials:deleteCredential',
  /** Every user of the account may, unless a policy denies it. */
  listProjects: 'iam:projects:listProjects',
  getProject: 'iam:projects:getProject',
  createProject: 'iam:projects:createProject',
  updateProject: 'iam:projects:updateProject',
  deleteProject: 'iam:projects:deleteProject',
  listAgencies: 'iam:agencies:listAgencies',
  getAgency: 'iam:agencies:getAgency',
  createAgency: 'iam:agencies:createAgency',
  updateAgency: 'iam:agencies:updateAgency',
  deleteAgency: 'iam:agencies:deleteAgency',
  listProviders: 'iam:identityProviders:listIdentityProviders',
  getProvider: 'iam:identityProviders:getIdentityProvider',
  createProvider: 'iam:identityProviders:createIdentityProvider',
  updateProvider: 'iam:identityProviders:updateIdentityProvider',
  deleteProvider: 'iam:identityProviders:deleteIdentityProvider',
  listEnterpriseProjects: 'eps:enterpriseProjects:list',
  getEnterpriseProject: 'eps:enterpriseProjects:get',
  createEnterpriseProject: 'eps:enterpriseProjects:create',
  updateEnterpriseProject: 'eps:enterpriseProjects:update',
  enableEnterpriseProject: 'eps:enterpriseProjects:enable',
  disableEnterpriseProject: 'eps:enterpriseProjects:disable',
  listMfaDevices: 'iam:mfa:listVirtualMFADevices',
  getMfaDevice: 'iam:mfa:getVirtualMFADevice',
  createMfaDevice: 'iam:mfa:createVirtualMFADevice',
  deleteMfaDevice: 'iam:mfa:deleteVirtualMFADevice',
  bindMfaDevice: 'iam:mfa:bindMFADevice',
  unbindMfaDevice: 'iam:mfa:unbindMFADevice',
  // Extensions: the vendor has no passkeys and no recovery codes.
  listPasskeys: 'iam:mfa:listPasskeys',
  createPasskey: 'iam:mfa:createPasskey',
  deletePasskey: 'iam:mfa:deletePasskey',
  createRecoveryCodes: 'iam:mfa:createRecoveryCodes',
  showRecoveryCodes: 'iam:mfa:showRecoveryCodes',
  useRecoveryCode: 'iam:mfa:useRecoveryCode',
  stepUp: 'iam:mfa:stepUp',
  listLoginProtections: 'iam:users:listUserLoginProtects',
  listApprovals: 'iam:approvals:list',
  getApproval: 'iam:approvals:get',
  approve: 'iam:approvals:approve',
  listAudit: 'cts:trace:list',
  listLimits: 'iam:quotas:listQuotas',
} as const;

/** Of one user's login; policies from before them name what they belong to. */
export const loginProtectionPermissions = {
  get: { action: 'iam:users:getUserLoginProtect', aliases: [iamActions.getUser] },
  set: { action: 'iam:users:setUserLoginProtect', aliases: [iamActions.updateUser] },
} as const;

/** Stepping into an agency of another account; older and newer policies name it differently. */
export const agencyAssumption = { action: 'iam:agencies:assume', aliases: ['iam:tokens:assume'] } as const;
