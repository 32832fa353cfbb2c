import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { type Key, requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';

const preconditions = {
  defaultKeys: 'refused',
  refusedStates: { '3': 'KMS.1301', '4': 'KMS.1301', '5': 'KMS.1301', '7': 'KMS.0320' },
} as const;

/** The rotation setting is kept; no rotation takes place meanwhile. */
export async function disableKey(context: KmsContext, caller: Caller, keyId: string): Promise<Key> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'disableKey' });
  return await changeKey(context, caller, key, {
    permission: 'disableKey',
    decide: (seen) => {
      requirePreconditions(seen, context.clock, preconditions);
      return { key_state: '3' };
    },
  });
}
