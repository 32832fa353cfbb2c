import type { IamContext } from '../context.ts';
import { systemActor } from '../system-actor.ts';
import { recordApproval } from './approval-gate.ts';
import { changeApproval, deleteEndedApprovals, findOverdueApprovals } from './store.ts';

const batch = 200;
/** Ended requests are listed for this long; the audit trail keeps them. */
const keptMs = 30 * 24 * 60 * 60_000;

/** Writes and records that open requests have expired, and removes old ones. Nothing depends on it: status is judged by time. */
export async function expireApprovals(iam: IamContext): Promise<void> {
  const nowMs = iam.clock.nowMs();
  for (;;) {
    const overdue = await findOverdueApprovals(iam.database, nowMs, batch);
    if (overdue.length === 0) break;
    await iam.database.transaction(async (transaction) => {
      for (const request of overdue)
        if (await changeApproval(transaction, request, { status: 'expired' }))
          await recordApproval(
            iam,
            transaction,
            systemActor(request.accountId, 'approvals'),
            request,
            'expired',
          );
    });
  }
  await iam.database.transaction((transaction) => deleteEndedApprovals(transaction, nowMs - keptMs));
}
