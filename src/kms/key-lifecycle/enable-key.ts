import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { type Key, requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';
import { scheduleRotation } from '../rotation/rotation-schedule.ts';

const preconditions = {
  defaultKeys: 'refused',
  refusedStates: { '2': 'KMS.1201', '4': 'KMS.1201', '5': 'KMS.1201', '7': 'KMS.0320' },
} as const;

/** A rotation that became due while the key was disabled follows from here. */
export async function enableKey(context: KmsContext, caller: Caller, keyId: string): Promise<Key> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'enableKey' });
  return await changeKey(context, caller, key, {
    permission: 'enableKey',
    decide: (seen) => {
      requirePreconditions(seen, context.clock, preconditions);
      return { key_state: '2' };
    },
    alsoWrite: (transaction, seen) => scheduleRotation(context, transaction, seen),
  });
}
