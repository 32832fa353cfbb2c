import { AccessDenied } from '../../platform/errors.ts';
import type { AccessControl } from '../access-control.ts';
import type { Actor } from '../actor.ts';
import type { Principal } from '../authentication/principal.ts';

interface Ports {
  readonly accessControl: AccessControl;
}

/** Refuses passwords of users who may use access keys only (`access_mode` programmatic). The refusal is recorded. */
export async function requirePasswordMode(ports: Ports, actor: Actor, principal: Principal): Promise<void> {
  if (principal.accessMode !== 'programmatic') return;
  await refuse(
    ports,
    actor,
    'iam:tokens:create',
    'The access_mode of the user is programmatic: use an access key.',
  );
}

/** Refuses access keys, also temporary ones, of users who may use passwords only (`access_mode` console). */
export async function requireKeyMode(ports: Ports, actor: Actor, principal: Principal): Promise<void> {
  if (principal.accessMode !== 'console') return;
  await refuse(
    ports,
    actor,
    'iam:credentials:use',
    'The access_mode of the user is console: log in by password.',
  );
}

/** Refuses sessions of passwords that an administrator chose or that have expired: they serve to choose another one only. */
export async function requireOwnPassword(
  ports: Ports,
  actor: Actor,
  { principal, methods }: { readonly principal: Principal; readonly methods: readonly string[] },
): Promise<void> {
  if (!principal.mustChangePassword || !methods.includes('password')) return;
  const text = `The password must be changed first (${principal.mustChangePassword}): ${changeOf(principal.principalId).join(' ')}.`;
  await refuse(ports, actor, 'iam:tokens:use', text);
}

/** The operations of such a session: choose a password, look at itself and end. */
export function servesPasswordChange(principalId: string, method: string, url: string): boolean {
  const [changeMethod, changeUrl] = changeOf(principalId);
  // To ask for a token would be to get a session that is free.
  const isAboutItself = url === '/v3/auth/tokens' && method !== 'POST';
  return isAboutItself || (method === changeMethod && url === changeUrl);
}

function changeOf(principalId: string): readonly [method: string, url: string] {
  return ['POST', `/v3/users/${principalId}/password`];
}

async function refuse(
  { accessControl }: Ports,
  actor: Actor,
  action: string,
  explanation: string,
): Promise<never> {
  await accessControl.recordRefusal(actor, action, actor.principalId, explanation);
  throw new AccessDenied(action, explanation);
}
