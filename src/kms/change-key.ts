import type { Transaction } from '../platform/db/database.ts';
import type { KmsContext } from './context.ts';
import { kmsError } from './errors.ts';
import type { Key } from './key.ts';
import { type Caller, type PermissionName, permissions } from './permissions.ts';
import { updateKey } from './store.ts';
import type { KeyTable } from './tables.ts';

export type KeyChanges = Partial<Omit<KeyTable, 'key_id' | 'revision'>>;

export interface KeyChange {
  readonly permission: PermissionName;
  /**
   * What becomes of the key as it is seen; throws if its state does not allow it. Called again with the newer key if somebody else
   * changed it meanwhile.
   */
  readonly decide: (key: Key) => KeyChanges | Promise<KeyChanges>;
  /** What else is written with it. */
  readonly alsoWrite?: (transaction: Transaction, key: Key) => Promise<void>;
  /** For the audit trail. */
  readonly detail?: string;
}

/** Changes a key atomically with its audit record, and returns it as it then is. */
export async function changeKey(
  context: KmsContext,
  caller: Pick<Caller, 'actor'>,
  key: Key,
  change: KeyChange,
): Promise<Key> {
  let seen = key;
  for (;;) {
    const changes = await change.decide(seen);
    if (await writeChange(context, caller, seen, changes, change))
      return { ...seen, ...changes, revision: seen.revision + 1 } as Key;
    const newer = await context.directory.findFresh(key.key_id);
    if (!newer) throw kmsError('KMS.0207', `There is no key ${key.key_id} in this project.`);
    seen = newer;
  }
}

async function writeChange(
  context: KmsContext,
  caller: Pick<Caller, 'actor'>,
  seen: Key,
  changes: KeyChanges,
  change: KeyChange,
): Promise<boolean> {
  try {
    return await context.database.transaction(async (transaction) => {
      if (!(await updateKey(transaction, seen, changes))) return false;
      await change.alsoWrite?.(transaction, seen);
      await context.identity.recordAudit(transaction, caller.actor, {
        action: permissions[change.permission][0],
        resourceType: 'key',
        resourceId: seen.key_id,
        resourceName: seen.key_alias,
        result: 'success',
        ...(change.detail !== undefined && { detail: change.detail }),
      });
      return true;
    });
  } finally {
    context.directory.changed(seen.key_id);
  }
}
