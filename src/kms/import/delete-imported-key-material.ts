import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { requirePreconditions } from '../key.ts';
import { isAsymmetric } from '../key-spec.ts';
import type { Caller } from '../permissions.ts';
import { dropAllMaterial } from '../store.ts';
import { expireMaterialJob } from './material-expiry.ts';

const preconditions = {
  defaultKeys: 'refused',
  refusedStates: { '4': 'KMS.2701', '5': 'KMS.2701', '7': 'KMS.0320' },
} as const;

/** Its ciphertexts cannot be decrypted until the same material is imported again. */
export async function deleteImportedKeyMaterial(
  context: KmsContext,
  caller: Caller,
  keyId: string,
): Promise<void> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'deleteKeyMaterial' });
  if (key.origin !== 'external') throw kmsError('KMS.0309', 'The service made the material of this key.');
  if (isAsymmetric(key.key_spec)) throw kmsError('KMS.2702', 'Schedule the deletion of the key instead.');
  await changeKey(context, caller, key, {
    permission: 'deleteKeyMaterial',
    decide: (seen) => {
      requirePreconditions(seen, context.clock, preconditions);
      return { key_state: '5', material_expires_at: null };
    },
    alsoWrite: async (transaction, seen) => {
      await dropAllMaterial(transaction, seen.key_id);
      await context.scheduler.cancel(transaction, expireMaterialJob, seen.key_id);
    },
  });
  context.materials.drop(key.key_id);
}
