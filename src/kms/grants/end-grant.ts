import type { Actor } from '../../iam/actor.ts';
import { isKeyId, isOwn, openKey, refuse } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Key } from '../key.ts';
import type { Caller, PermissionName } from '../permissions.ts';
import type { GrantTable } from '../tables.ts';
import { grantsOf, operationsOf } from './grant.ts';
import { deleteGrant, findGrant } from './store.ts';

const grantIdPattern = /^[A-Fa-f0-9]{64}$/;

function requireGrantId(grantId: string): string {
  if (!grantIdPattern.test(grantId)) throw kmsError('KMS.2501', 'grant_id must be 64 hexadecimal digits.');
  return grantId.toLowerCase();
}

async function getGrant(context: KmsContext, key: Key, grantId: string): Promise<GrantTable> {
  const grant = await findGrant(context.database, grantId);
  // Of another account's grants nothing is told.
  if (!grant || (grant.key_id !== key.key_id && grant.account_id !== key.account_id))
    throw kmsError('KMS.2501', `There is no grant ${grantId}.`);
  if (grant.key_id !== key.key_id)
    throw kmsError('KMS.2502', `The grant ${grantId} is not on key ${key.key_id}.`);
  return grant;
}

async function remove(
  context: KmsContext,
  caller: Caller,
  key: Key,
  { grant, permission }: { readonly grant: GrantTable; readonly permission: PermissionName },
): Promise<void> {
  await changeKey(context, caller, key, {
    permission,
    detail: `grant ${grant.grant_id} of ${grant.grantee_principal_type} ${grant.grantee_principal}`,
    decide: () => ({}),
    alsoWrite: async (transaction) => {
      if (!(await deleteGrant(transaction, grant.grant_id)))
        throw kmsError('KMS.2501', `There is no grant ${grant.grant_id}.`);
    },
  });
}

/** Only the user that made the key may revoke, and the account's root user. What the grantee granted onward stays. */
export async function revokeGrant(
  context: KmsContext,
  caller: Caller,
  reference: string,
  grantId: string,
): Promise<void> {
  const id = requireGrantId(grantId);
  const key = await openKey(context, caller, { reference, permission: 'revokeGrant' });
  const { actor } = caller;
  if (!actor.isRoot && key.created_by !== actor.principalId)
    await refuse(
      context,
      caller,
      key,
      'revokeGrant',
      'Only the user that created the key may revoke its grants.',
    );
  const grant = await getGrant(context, key, id);
  await remove(context, caller, key, { grant, permission: 'revokeGrant' });
}

function mayRetire(grant: GrantTable, actor: Actor, key: Key): boolean {
  if (actor.isRoot && actor.accountId === key.account_id) return true;
  if (grant.issuing_principal === actor.principalId || grant.retiring_principal === actor.principalId)
    return true;
  const isGrantee = grantsOf({ grants: [grant] }, actor).length > 0;
  return isGrantee && operationsOf(grant).includes('retire-grant');
}

/**
 * By the user that made the grant, by its retiring principal, and by the grantee if it is granted retire-grant; the grant itself
 * allows it. What the grantee granted onward stays.
 */
export async function retireGrant(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  grantId: string,
): Promise<void> {
  const id = requireGrantId(grantId);
  if (!isKeyId(keyId)) throw kmsError('KMS.0205', 'key_id must be a key ID.');
  const key = await context.directory.findFresh(keyId);
  const unknownKey = () => kmsError('KMS.0207', `There is no key ${keyId} in this project.`);
  if (!key) throw unknownKey();
  const grant = key.grants.find((each) => each.grant_id === id);
  if (grant && mayRetire(grant, caller.actor, key))
    return await remove(context, caller, key, { grant, permission: 'retireGrant' });
  if (!isOwn(key, caller) && grantsOf(key, caller.actor).length === 0) throw unknownKey();
  await getGrant(context, key, id);
  return await refuse(
    context,
    caller,
    key,
    'retireGrant',
    'Only the issuing and the retiring principal, and a grantee with retire-grant, may retire a grant.',
  );
}
