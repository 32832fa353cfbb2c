import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { type Key, requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';
import { findKeyVersion } from '../store.ts';
import { destroyKeyJob } from './schedule-key-deletion.ts';

const preconditions = {
  defaultKeys: 'refused',
  refusedStates: { '2': 'KMS.1501', '3': 'KMS.1501', '5': 'KMS.1501', '7': 'KMS.1501' },
} as const;

async function hasMaterial({ database, clock }: KmsContext, key: Key): Promise<boolean> {
  if (key.origin === 'kms') return true;
  if (key.material_expires_at !== null && key.material_expires_at <= clock.nowMs()) return false;
  const version = await findKeyVersion(database, key.key_id, key.current_version);
  return version?.wrapped_material != null;
}

/** The key comes back disabled, or waiting for import if it has no material. */
export async function cancelKeyDeletion(context: KmsContext, caller: Caller, keyId: string): Promise<Key> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'cancelKeyDeletion' });
  return await changeKey(context, caller, key, {
    permission: 'cancelKeyDeletion',
    decide: async (seen) => {
      requirePreconditions(seen, context.clock, preconditions);
      return { key_state: (await hasMaterial(context, seen)) ? '3' : '5', scheduled_deletion_at: null };
    },
    alsoWrite: async (transaction, seen) => {
      await context.scheduler.cancel(transaction, destroyKeyJob, seen.key_id);
    },
  });
}
