import { requireRoom } from '../../iam/index.ts';
import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { onlyEnabled, requirePreconditions } from '../key.ts';
import { grantLimit } from '../limits.ts';
import type { Caller } from '../permissions.ts';
import type { GrantTable } from '../tables.ts';
import { type GrantOperation, grantOperations } from './grant.ts';
import { requireGrantingAuthority } from './granting-authority.ts';
import { insertGrant } from './store.ts';

export interface NewGrant {
  readonly reference: string;
  readonly granteePrincipal: string;
  readonly operations: readonly string[];
  readonly name: string | undefined;
  readonly retiringPrincipal: string | undefined;
  /** `user` if not given. */
  readonly granteePrincipalType: string | undefined;
}

interface CheckedGrant {
  readonly granteePrincipal: string;
  readonly granteePrincipalType: 'user' | 'domain';
  readonly operations: readonly GrantOperation[];
  readonly name: string | undefined;
  readonly retiringPrincipal: string | undefined;
}

const principalPattern = /^[a-zA-Z0-9]{1,64}$/;
const namePattern = /^[a-zA-Z0-9:/_-]{1,255}$/;
const preconditions = { defaultKeys: 'refused', refusedStates: onlyEnabled } as const;

function requireOperations(operations: readonly string[]): GrantOperation[] {
  const known = [...new Set(operations)].map((operation) => {
    const found = grantOperations.find((each) => each === operation);
    if (!found) throw kmsError('KMS.0308', `operations must be some of ${grantOperations.join(', ')}.`);
    return found;
  });
  if (known.length === 0) throw kmsError('KMS.2401', 'operations must not be empty.');
  if (known.every((operation) => operation === 'create-grant'))
    throw kmsError('KMS.2401', 'create-grant may not stand alone in operations.');
  return known;
}

function requirePrincipal(principal: string, name: string): string {
  if (principalPattern.test(principal)) return principal;
  throw kmsError('KMS.2402', `${name} must be 1 to 64 letters and digits.`);
}

function check(input: NewGrant): CheckedGrant {
  const { granteePrincipalType = 'user', name, retiringPrincipal } = input;
  if (granteePrincipalType !== 'user' && granteePrincipalType !== 'domain')
    throw kmsError('KMS.0308', 'grantee_principal_type must be user or domain.');
  if (name !== undefined && !namePattern.test(name))
    throw kmsError('KMS.0308', 'name must be 1 to 255 of A-Z a-z 0-9 : / _ -.');
  return {
    granteePrincipal: requirePrincipal(input.granteePrincipal, 'grantee_principal'),
    granteePrincipalType,
    operations: requireOperations(input.operations),
    name,
    retiringPrincipal:
      retiringPrincipal === undefined ? undefined : requirePrincipal(retiringPrincipal, 'retiring_principal'),
  };
}

async function requirePrincipalsExist(context: KmsContext, grant: CheckedGrant): Promise<void> {
  const { granteePrincipal, granteePrincipalType, retiringPrincipal } = grant;
  if (!(await context.principalExists(granteePrincipalType, granteePrincipal)))
    throw kmsError('KMS.2402', `There is no ${granteePrincipalType} ${granteePrincipal}.`);
  if (retiringPrincipal !== undefined && !(await context.principalExists('user', retiringPrincipal)))
    throw kmsError('KMS.2402', `There is no user ${retiringPrincipal}.`);
}

/** Takes effect at once. Resolves with the grant's id, 64 hexadecimal digits. */
export async function createGrant(context: KmsContext, caller: Caller, input: NewGrant): Promise<string> {
  const grant = check(input);
  const key = await openKey(context, caller, {
    reference: input.reference,
    permission: 'createGrant',
    granted: 'create-grant',
  });
  let parents = await requireGrantingAuthority(context, caller, key, grant);
  requirePreconditions(key, context.clock, preconditions);
  await requirePrincipalsExist(context, grant);
  const row: GrantTable = {
    grant_id: Buffer.from(context.random.bytes(32)).toString('hex'),
    key_id: key.key_id,
    account_id: key.account_id,
    grantee_principal: grant.granteePrincipal,
    grantee_principal_type: grant.granteePrincipalType,
    operations: JSON.stringify(grant.operations),
    name: grant.name ?? null,
    issuing_principal: caller.actor.principalId,
    retiring_principal: grant.retiringPrincipal ?? null,
    created_at: context.clock.nowMs(),
  };
  const limit = { ...grantLimit, standard: context.quotas.grantsPerKey };
  await changeKey(context, caller, key, {
    permission: 'createGrant',
    detail: `${grant.operations.join(' ')} for ${grant.granteePrincipalType} ${grant.granteePrincipal}`,
    decide: async (seen) => {
      requirePreconditions(seen, context.clock, preconditions);
      // A parent may have been revoked meanwhile.
      parents = await requireGrantingAuthority(context, caller, seen, grant);
      return {};
    },
    alsoWrite: async (transaction) => {
      await requireRoom(transaction, key.account_id, limit, { owner: key.key_id });
      await insertGrant(transaction, row, parents);
    },
  });
  return row.grant_id;
}
