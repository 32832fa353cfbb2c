import { iamActions, loginProtectionPermissions, securityPolicyActions } from '../permissions.ts';

/**
 * Identity's own critical actions: changes of who may do what, credentials for others, and the rules of the account. Other
 * services mark theirs in their permission tables.
 */
const criticalActions: ReadonlySet<string> = new Set<string>([
  iamActions.createPolicy,
  iamActions.updatePolicy,
  iamActions.deletePolicy,
  iamActions.grantPolicy,
  iamActions.revokePolicy,
  // A group's name and its denials decide rights too: mappings find groups by name.
  iamActions.updateGroup,
  iamActions.deleteGroup,
  iamActions.addMember,
  iamActions.removeMember,
  iamActions.updateUser,
  iamActions.deleteUser,
  iamActions.createAccessKey,
  iamActions.updateAccessKey,
  iamActions.createAgency,
  iamActions.updateAgency,
  iamActions.deleteAgency,
  iamActions.createProvider,
  iamActions.updateProvider,
  iamActions.deleteProvider,
  iamActions.createMfaDevice,
  iamActions.deleteMfaDevice,
  iamActions.bindMfaDevice,
  iamActions.unbindMfaDevice,
  iamActions.deletePasskey,
  loginProtectionPermissions.set.action,
  iamActions.approve,
  ...Object.values(securityPolicyActions).map(({ update }) => update),
]);

export function isCriticalAction(name: string): boolean {
  return criticalActions.has(name);
}
