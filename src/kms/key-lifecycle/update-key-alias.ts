import { isUniqueViolation } from '../../platform/db/index.ts';
import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { type Key, requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';
import { requireCustomerAlias } from './key-alias.ts';

/** Alias and description may be changed while the key is enabled, disabled or waiting for import. */
export const renamingPreconditions = {
  defaultKeys: 'refused',
  refusedStates: { '4': 'KMS.0210', '7': 'KMS.0320' },
} as const;

export async function updateKeyAlias(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  keyAlias: string,
): Promise<Key> {
  requireCustomerAlias(keyAlias);
  const key = await openKey(context, caller, { reference: keyId, permission: 'updateKeyAlias' });
  try {
    return await changeKey(context, caller, key, {
      permission: 'updateKeyAlias',
      detail: `alias ${keyAlias}`,
      decide: (seen) => {
        requirePreconditions(seen, context.clock, renamingPreconditions);
        return { key_alias: keyAlias };
      },
    });
  } catch (error) {
    if (isUniqueViolation(error))
      throw kmsError('KMS.1104', `The account has a key with the alias ${keyAlias}.`);
    throw error;
  }
}
