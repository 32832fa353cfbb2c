import type { Transaction } from '../../platform/db/index.ts';
import { listTables } from './certificate-listing-store.ts';

/**
 * Holds the account's row until the end of the transaction: who holds it as well waits, so that what is looked up after it and
 * written then is decided by one at a time.
 */
export async function holdAccount(transaction: Transaction, accountId: string): Promise<void> {
  await listTables(transaction)
    .insertInto('ssl_account_usage')
    .values({ account_id: accountId, free_certificates: 0 })
    .onConflict((conflict) =>
      conflict
        .column('account_id')
        .doUpdateSet((eb) => ({ free_certificates: eb.ref('ssl_account_usage.free_certificates') })),
    )
    .execute();
}

/** False, and nothing is taken, if there are not so many left. */
export async function takeFreeCertificates(
  transaction: Transaction,
  accountId: string,
  { amount, limit }: { readonly amount: number; readonly limit: number },
): Promise<boolean> {
  await holdAccount(transaction, accountId);
  const result = await listTables(transaction)
    .updateTable('ssl_account_usage')
    .set((eb) => ({ free_certificates: eb('free_certificates', '+', amount) }))
    .where('account_id', '=', accountId)
    .where((eb) => eb(eb('free_certificates', '+', amount), '<=', limit))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The other direction, for one that is gone. */
export async function releaseFreeCertificate(transaction: Transaction, accountId: string): Promise<void> {
  await listTables(transaction)
    .updateTable('ssl_account_usage')
    .set((eb) => ({ free_certificates: eb('free_certificates', '-', 1) }))
    .where('account_id', '=', accountId)
    .where('free_certificates', '>', 0)
    .execute();
}
