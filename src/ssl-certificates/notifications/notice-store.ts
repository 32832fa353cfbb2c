import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';
import type { SslCertificateTables } from '../tables.ts';

/** False if it was recorded before: by this node, or another. */
export async function insertNotice(
  transaction: Transaction,
  notice: {
    readonly certificateId: string;
    readonly accountId: string;
    readonly occasion: string;
    readonly nowMs: number;
  },
): Promise<boolean> {
  return insertIfAbsent(
    transaction
      .tables<SslCertificateTables>()
      .insertInto('ssl_notices')
      .values({
        certificate_id: notice.certificateId,
        account_id: notice.accountId,
        occasion: notice.occasion,
        told_at: notice.nowMs,
      })
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** For who removes the certificate. */
export async function deleteNotices(transaction: Transaction, certificateId: string): Promise<void> {
  await transaction
    .tables<SslCertificateTables>()
    .deleteFrom('ssl_notices')
    .where('certificate_id', '=', certificateId)
    .execute();
}

/** Certificates that end after `afterMs` and not after `untilMs`. */
export interface Band {
  readonly status: 'ISSUED' | 'UPLOAD';
  readonly afterMs: number;
  readonly untilMs: number;
  /** Which kind of notice must not be switched off. */
  readonly flag: 'notify_expiring' | 'notify_expired';
  readonly occasion: string;
}

/** Those of a band, of all accounts, of which the occasion was not recorded, the earliest end first. */
export async function findUntold(
  reader: Reader,
  { status, afterMs, untilMs, flag, occasion }: Band,
  limit: number,
): Promise<{ certificate_id: string; account_id: string }[]> {
  return reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_certificates as c')
    .select(['c.certificate_id', 'c.account_id'])
    .where('c.status', '=', status)
    .where('c.not_after', '>', afterMs)
    .where('c.not_after', '<=', untilMs)
    .where(`c.${flag}`, '=', 1)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('ssl_notices as n')
            .select('n.occasion')
            .whereRef('n.certificate_id', '=', 'c.certificate_id')
            .where('n.occasion', '=', occasion),
        ),
      ),
    )
    .orderBy('c.not_after')
    .limit(limit)
    .execute();
}
