import type { Actor } from '../../iam/actor.ts';
import type { Key } from '../key.ts';
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

/** Several grants to one principal add up. */
export function isGranted(key: Pick<Key, 'grants'>, actor: Actor, operation: GrantOperation): boolean {
  return grantsOf(key, actor).some((grant) => operationsOf(grant).includes(operation));
}
