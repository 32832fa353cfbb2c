import type { Reader } from '../../platform/db/index.ts';
import type { SslCertificateTables } from '../tables.ts';

export interface Unfollowed {
  /** Page by page: what was seen last. */
  readonly after: { readonly notAfterMs: number; readonly certificateId: string };
  readonly untilMs: number;
  /** Those too of which nothing remains. */
  readonly isReordered: boolean;
}

/** Issued certificates of orders, of all accounts, that end by then and have no successor, the earliest end first. */
export async function findUnfollowed(
  reader: Reader,
  { after, untilMs, isReordered }: Unfollowed,
  limit: number,
): Promise<{ certificate_id: string; account_id: string; not_after: number }[]> {
  return reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_certificates')
    .select(['certificate_id', 'account_id', 'not_after'])
    .where('status', '=', 'ISSUED')
    .where('not_after', '>=', after.notAfterMs)
    .where('not_after', '<=', untilMs)
    .where((eb) =>
      eb.or([eb('not_after', '>', after.notAfterMs), eb('certificate_id', '>', after.certificateId)]),
    )
    .where('successor_id', 'is', null)
    .where('order_id', 'is not', null)
    .$if(!isReordered, (query) => query.where('remaining_count', '>', 0))
    .orderBy('not_after')
    .orderBy('certificate_id')
    .limit(limit)
    .execute();
}
