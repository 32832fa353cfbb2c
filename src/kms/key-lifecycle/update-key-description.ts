import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { type Key, requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';
import { renamingPreconditions } from './update-key-alias.ts';

/** The empty string clears the description. */
export async function updateKeyDescription(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  keyDescription: string,
): Promise<Key> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'updateKeyDescription' });
  return await changeKey(context, caller, key, {
    permission: 'updateKeyDescription',
    decide: (seen) => {
      requirePreconditions(seen, context.clock, renamingPreconditions);
      return { key_description: keyDescription };
    },
  });
}
