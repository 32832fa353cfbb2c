import type { Actor } from '../../iam/actor.ts';
import type { Decision } from '../../iam/index.ts';
import type { Key } from '../key.ts';
import type { PermissionName } from '../permissions.ts';
import type { GrantTable } from '../tables.ts';

export const grantOperations = [
  'create-datakey',
  'create-datakey-without-plaintext',
  'encrypt-datakey',
  'decrypt-datakey',
  'describe-key',
  'create-grant',
  'retire-grant',
  'encrypt-data',
  'decrypt-data',
] as const;

export type GrantOperation = (typeof grantOperations)[number];

export function operationsOf(grant: Pick<GrantTable, 'operations'>): GrantOperation[] {
  return JSON.parse(grant.operations) as GrantOperation[];
}

/** Grants of the key that name the actor, as a user or by its account. */
export function grantsOf(key: Pick<Key, 'grants'>, actor: Actor): readonly GrantTable[] {
  if (key.grants.length === 0) return key.grants;
  return key.grants.filter((grant) => {
    const principal = grant.grantee_principal_type === 'user' ? actor.principalId : actor.accountId;
    return grant.grantee_principal === principal;
  });
}

/** Names of the operations of grants among the permissions. */
export const permissionOf: Readonly<Record<GrantOperation, PermissionName>> = {
  'create-datakey': 'createDataKey',
  'create-datakey-without-plaintext': 'createDataKeyWithoutPlaintext',
  'encrypt-datakey': 'encryptDataKey',
  'decrypt-datakey': 'decryptDataKey',
  'describe-key': 'describeKey',
  'create-grant': 'createGrant',
  'retire-grant': 'retireGrant',
  'encrypt-data': 'encryptData',
  'decrypt-data': 'decryptData',
};

/**
 * Whether the caller may use a grant that names it, given what its policies say of the operation. A grant to a user needs no
 * policy. A grant to an account leaves it to the account's own policies who may use it. An explicit Deny wins over both.
 */
export function isUsable(
  { grantee_principal_type: type }: Pick<GrantTable, 'grantee_principal_type'>,
  decision: Decision,
): boolean {
  return type === 'user' ? decision !== 'denied explicitly' : decision === 'allowed';
}
