import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';
import { listTables } from './certificate-listing-store.ts';

interface Claim {
  readonly accountId: string;
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  readonly orderId?: string;
}

/**
 * An id that nobody has or had: `scs` and the time in milliseconds, the first that is free from then on. It is kept when its
 * certificate is gone, so that no other ever answers to it.
 */
export async function claimCertificateId(
  transaction: Transaction,
  { accountId, fromMs, orderId }: Claim,
): Promise<string> {
  for (let digits = fromMs; ; digits += 1) {
    const certificateId = `scs${String(digits).padStart(13, '0')}`;
    const insert = listTables(transaction)
      .insertInto('ssl_certificate_ids')
      .values({ certificate_id: certificateId, account_id: accountId, order_id: orderId ?? null })
      .onConflict((conflict) => conflict.doNothing());
    if (await insertIfAbsent(insert)) return certificateId;
  }
}

/** The order that an id was claimed for, whether there is a certificate or not. */
export async function findOrderOfId(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<string | undefined> {
  const row = await listTables(reader)
    .selectFrom('ssl_certificate_ids')
    .select('order_id')
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row?.order_id ?? undefined;
}
