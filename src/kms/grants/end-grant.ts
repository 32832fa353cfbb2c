import type { Actor } from '../../iam/actor.ts';
import type { Decision } from '../../iam/index.ts';
import { isKeyId, isOwn, openKey, refuse } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Key } from '../key.ts';
import { type Caller, keyAccessRequest, type PermissionName, permissions } from '../permissions.ts';
import type { GrantTable } from '../tables.ts';
import { grantsOf, isUsable, operationsOf } from './grant.ts';
import { deleteGrantTree, findGrant } from './store.ts';

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

function describe({
  grant_id: id,
  grantee_principal_type: type,
  grantee_principal: grantee,
}: GrantTable): string {
  return `grant ${id} of ${type} ${grantee}`;
}

/** Ends the grants that the grantee granted onward too, with a record for each. */
async function remove(
  context: KmsContext,
  caller: Caller,
  key: Key,
  { grant, permission }: { readonly grant: GrantTable; readonly permission: PermissionName },
): Promise<void> {
  await changeKey(context, caller, key, {
    permission,
    detail: describe(grant),
    decide: () => ({}),
    alsoWrite: async (transaction) => {
      const [ended, ...following] = await deleteGrantTree(transaction, grant);
      if (ended?.grant_id !== grant.grant_id)
        throw kmsError('KMS.2501', `There is no grant ${grant.grant_id}.`);
      for (const each of following)
        await context.identity.recordAudit(transaction, caller.actor, {
          action: permissions[permission][0],
          resourceType: 'key',
          resourceId: key.key_id,
          resourceName: key.key_alias,
          result: 'success',
          detail: `${describe(each)}, which followed from grant ${grant.grant_id}`,
        });
    },
  });
}

/** Only the user that made the key may revoke, and the account's root user. */
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

function mayRetire(grant: GrantTable, actor: Actor, key: Key, decision: Decision): boolean {
  if (actor.isRoot && actor.accountId === key.account_id) return true;
  if (isParty(grant, actor)) return true;
  const isGrantee = grantsOf({ grants: [grant] }, actor).length > 0;
  return isGrantee && operationsOf(grant).includes('retire-grant') && isUsable(grant, decision);
}

function isParty(grant: GrantTable, { principalId }: Actor): boolean {
  return grant.issuing_principal === principalId || grant.retiring_principal === principalId;
}

/**
 * By the user that made the grant, by its retiring principal, and by the grantee if it is granted retire-grant: the grant itself
 * allows it, unless a policy of the caller denies it.
 */
export async function retireGrant(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  grantId: string,
): Promise<void> {
  const id = requireGrantId(grantId);
  if (!isKeyId(keyId)) throw kmsError('KMS.0205', 'key_id must be a key ID.');
  const { actor } = caller;
  const key = await context.directory.findFresh(keyId);
  const grant = key?.grants.find((each) => each.grant_id === id);
  const isKnown =
    key && (isOwn(key, caller) || grantsOf(key, actor).length > 0 || (grant && isParty(grant, actor)));
  if (!isKnown) throw kmsError('KMS.0207', `There is no key ${keyId} in this project.`);
  const request = keyAccessRequest('retireGrant', key, caller);
  const decision = context.identity.decide(actor, request);
  if (decision === 'denied explicitly') await context.identity.refuse(actor, request, decision);
  if (grant && mayRetire(grant, actor, key, decision))
    return await remove(context, caller, key, { grant, permission: 'retireGrant' });
  await getGrant(context, key, id);
  return await refuse(
    context,
    caller,
    key,
    'retireGrant',
    'Only the issuing and the retiring principal, and a grantee with retire-grant, may retire a grant.',
  );
}
