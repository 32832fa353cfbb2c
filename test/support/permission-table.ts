import {
  agencyAssumption,
  iamActions,
  loginProtectionPermissions,
  securityPolicyActions,
} from '../../src/iam/permissions.ts';
import { permissions as kmsPermissions } from '../../src/kms/permissions.ts';
import { permissions as bucketPermissions } from '../../src/object-storage/permissions.ts';
import { billingPermissions } from '../../src/private-ca/index.ts';
import { permissions as pcaPermissions } from '../../src/private-ca/permissions.ts';
import { agencyManagement, agencyPermissions } from '../../src/revocation/permissions.ts';
import { permissions as scmPermissions } from '../../src/ssl-certificates/permissions.ts';

/** All names of one action, as requests ask for it; the first is the one that is recorded. */
export type ActionNames = readonly [action: string, ...aliases: string[]];

const named = ({ action, aliases = [] }: { readonly action: string; readonly aliases?: readonly string[] }) =>
  [action, ...aliases] as const;
const alone = (action: string): ActionNames => [action];

/** Every permission of every service, each once. Different actions may share a name, as `kms:cmk:crypto` is shared. */
export const permissionTable: readonly ActionNames[] = [
  ...new Map(
    [
      ...Object.values(kmsPermissions).map((names): ActionNames => names),
      ...Object.values(pcaPermissions).map(named),
      ...Object.values(scmPermissions).map(named),
      ...Object.values(billingPermissions).map(named),
      ...Object.values(bucketPermissions).map(alone),
      ...Object.values(agencyPermissions).map(alone),
      alone(agencyManagement),
      ...Object.values(iamActions).map(alone),
      ...Object.values(securityPolicyActions).flatMap(({ get, update }) => [alone(get), alone(update)]),
      named(agencyAssumption),
      ...Object.values(loginProtectionPermissions).map(named),
    ].map((names) => [names.join(' '), names]),
  ).values(),
];
