import { expectRoom } from '../../iam/index.ts';
import type { Again, Job } from '../../jobs/index.ts';
import { openKey } from '../access.ts';
import { wrapMaterial } from '../at-rest/key-material.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { generateMaterial } from '../generate-material.ts';
import type { Key } from '../key.ts';
import { keyVersionLimit } from '../limits.ts';
import type { Caller } from '../permissions.ts';
import { insertKeyVersion } from '../store.ts';
import type { KeyVersionTable } from '../tables.ts';
import { requireRotatable } from './rotatable-key.ts';
import { rotationDueMs } from './rotation-schedule.ts';

async function newVersion(context: KmsContext, key: Key, version: number): Promise<KeyVersionTable> {
  const { bytes } = await generateMaterial(context, key.key_spec, key.account_id);
  const wrapped = await wrapMaterial(context.masterKey, context.random, key.key_id, version, bytes);
  bytes.fill(0);
  return {
    key_id: key.key_id,
    version,
    ...wrapped,
    public_key_spki: null,
    material_fingerprint: null,
    created_at: context.clock.nowMs(),
  };
}

/** New material encrypts from now on; every older version still decrypts what it encrypted. */
async function rotate(context: KmsContext, caller: Pick<Caller, 'actor'>, key: Key): Promise<Key> {
  let made: KeyVersionTable | undefined;
  return await changeKey(context, caller, key, {
    permission: 'rotateOnDemand',
    decide: async (seen) => {
      requireRotatable(seen, context.clock);
      const version = seen.current_version + 1;
      made = await newVersion(context, seen, version);
      const nowMs = context.clock.nowMs();
      return {
        current_version: version,
        rotation_count: seen.rotation_count + 1,
        last_rotated_at: nowMs,
        rotation_counts_from: seen.rotation_enabled === 1 ? nowMs : null,
      };
    },
    alsoWrite: async (transaction) => {
      if (made) await insertKeyVersion(transaction, made);
    },
  });
}

export async function rotateOnDemand(context: KmsContext, caller: Caller, keyId: string): Promise<Key> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'rotateOnDemand' });
  await expectRoom(context.database, key.account_id, keyVersionLimit, { owner: key.key_id });
  return await rotate(context, caller, key);
}

/**
 * A rotation that time starts. While the key is disabled or pending deletion nothing happens and the job ends: enabling the key puts
 * it on the calendar again, and it is overdue then.
 */
export async function rotateWhenDue(
  context: KmsContext,
  job: Pick<Job, 'key' | 'accountId'>,
): Promise<Again | undefined> {
  const key = await context.directory.findFresh(job.key);
  if (key?.key_state !== '2') return undefined;
  const dueMs = rotationDueMs(key);
  if (dueMs === undefined) return undefined;
  if (dueMs > context.clock.nowMs()) return { nextDueMs: dueMs };
  const actor = context.identity.systemActor(key.account_id, 'key rotation');
  const nextDueMs = rotationDueMs(await rotate(context, { actor }, key));
  return nextDueMs === undefined ? undefined : { nextDueMs };
}
