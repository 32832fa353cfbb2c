import { AccessDenied } from '../../platform/errors.ts';
import type { AccessControl } from '../access-control.ts';
import type { Actor } from '../actor.ts';
import type { Principal, PrincipalLoader } from '../authentication/principal.ts';
import type { SessionTable } from '../tables.ts';
import type { SecuritySettings } from './security-settings.ts';

interface AddressPorts {
  readonly security: SecuritySettings;
  readonly principals: PrincipalLoader;
  readonly accessControl: AccessControl;
}

/** `login`: a password or an id token is being exchanged for a token. `api`: every other request. */
export type WayOfAccess = 'login' | 'api';

/**
 * Refuses with AccessDenied what comes from an address outside the account's list for this way of access. The root user is
 * bound by no list, so that an account cannot lock itself out. An agency is bound by the list of the user who assumed it.
 */
export async function requireAddress(
  ports: AddressPorts,
  actor: Actor,
  { principal, session }: { readonly principal: Principal; readonly session: SessionTable | undefined },
  way: WayOfAccess,
): Promise<void> {
  const person = session?.assumed_by ? await ports.principals.user(session.assumed_by) : principal;
  if (!person || person.isRoot) return;
  const { loginAddresses, apiAddresses } = await ports.security.of(person.accountId);
  const list = way === 'login' ? loginAddresses : apiAddresses;
  if (list === undefined || list.allows(actor.sourceIp)) return;
  const policy = way === 'login' ? 'console-acl-policy' : 'api-acl-policy';
  const action = way === 'login' ? 'iam:tokens:create' : 'iam:tokens:use';
  const explanation = `The address ${actor.sourceIp} is not in the ${policy} of the account.`;
  await ports.accessControl.recordRefusal(actor, action, actor.principalId, explanation);
  throw new AccessDenied(action, explanation);
}
