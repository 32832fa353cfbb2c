import type { Job } from '../../jobs/index.ts';
import type { KmsContext } from '../context.ts';
import { destroyHsmKey } from '../hsm-keys/generate-hsm-key.ts';
import { isDestroyed } from '../key.ts';
import { releaseKeyQuota } from '../quota-store.ts';
import { deleteKey, findKeyRows } from '../store.ts';

/**
 * Carries out a scheduled deletion that is due: material, versions, grants, tags and aliases go with the key. Does nothing if the
 * deletion was cancelled or is not due; a cancellation that comes at the same instant is settled by the row's revision.
 */
export async function destroyKey(context: KmsContext, job: Pick<Job, 'key' | 'accountId'>): Promise<void> {
  const { database, identity, clock } = context;
  const found = await findKeyRows(database, job.key);
  if (!found || !isDestroyed(found.row, clock)) return;
  const { row, hsmClusterId } = found;
  // Ahead of the rows: while the HSM is away the job fails and is tried again, so no key stays behind in it unknown.
  if (hsmClusterId !== null) await destroyHsmKey(context, hsmClusterId, row);
  await database.transaction(async (transaction) => {
    if (!(await deleteKey(transaction, row))) return;
    await releaseKeyQuota(transaction, row.account_id, row.project_id);
    await identity.recordAudit(transaction, identity.systemActor(row.account_id, 'scheduled key deletion'), {
      action: 'kms:cmk:destroy',
      resourceType: 'key',
      resourceId: row.key_id,
      resourceName: row.key_alias,
      result: 'success',
    });
  });
  context.directory.changed(row.key_id);
  context.materials.drop(row.key_id);
}
