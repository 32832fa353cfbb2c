import { requireRoom } from '../../iam/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { certificateLimit, unusedCertificateLimit } from '../limits.ts';

/** Before an order is paid: its certificates are there then. Throws SCM.0025. */
export async function requireRoomForBought(
  transaction: Transaction,
  accountId: string,
  count: number,
): Promise<void> {
  for (const limit of [certificateLimit, unusedCertificateLimit])
    await requireRoom(transaction, accountId, limit, { adding: count });
}
