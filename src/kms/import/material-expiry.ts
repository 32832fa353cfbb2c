import type { Again, Job } from '../../jobs/index.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { dropAllMaterial } from '../store.ts';

export const expireMaterialJob = 'kms:material:expire';

/** Deletes imported material whose time is over; the key waits for the same material again, or for its deletion. */
export async function expireMaterial(
  context: KmsContext,
  job: Pick<Job, 'key' | 'accountId'>,
): Promise<Again | undefined> {
  const key = await context.directory.findFresh(job.key);
  if (!key || key.material_expires_at === null) return undefined;
  if (key.material_expires_at > context.clock.nowMs()) return { nextDueMs: key.material_expires_at };
  const actor = context.identity.systemActor(key.account_id, 'expiry of key material');
  const expiredAt = key.material_expires_at;
  await changeKey(context, { actor }, key, {
    permission: 'deleteKeyMaterial',
    detail: 'the material expired',
    decide: (seen) =>
      // Imported again meanwhile: nothing to do.
      seen.material_expires_at !== expiredAt
        ? {}
        : { key_state: seen.key_state === '4' ? '4' : '5', material_expires_at: null },
    alsoWrite: async (transaction, seen) => {
      if (seen.material_expires_at === expiredAt) await dropAllMaterial(transaction, seen.key_id);
    },
  });
  context.materials.drop(key.key_id);
  return undefined;
}
