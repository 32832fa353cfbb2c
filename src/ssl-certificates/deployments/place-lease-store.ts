import type { Kysely } from 'kysely';
import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';

interface LeaseTables {
  ssl_deployment_leases: { place: string; holder: string; expires_at: number };
}

function tables(reader: Reader): Kysely<LeaseTables> {
  return reader.tables<LeaseTables>();
}

/** True if nobody else holds the place now. */
export async function takeLease(
  transaction: Transaction,
  place: string,
  holder: string,
  { nowMs, expiresMs }: { readonly nowMs: number; readonly expiresMs: number },
): Promise<boolean> {
  return insertIfAbsent(
    tables(transaction)
      .insertInto('ssl_deployment_leases')
      .values({ place, holder, expires_at: expiresMs })
      .onConflict((conflict) =>
        conflict
          .column('place')
          .doUpdateSet({ holder, expires_at: expiresMs })
          .where('ssl_deployment_leases.expires_at', '<=', nowMs),
      ),
  );
}

/** Does nothing if another has taken the place over. */
export async function renewLease(
  transaction: Transaction,
  place: string,
  holder: string,
  expiresMs: number,
): Promise<void> {
  await tables(transaction)
    .updateTable('ssl_deployment_leases')
    .set({ expires_at: expiresMs })
    .where('place', '=', place)
    .where('holder', '=', holder)
    .execute();
}

export async function endLease(transaction: Transaction, place: string, holder: string): Promise<void> {
  await tables(transaction)
    .deleteFrom('ssl_deployment_leases')
    .where('place', '=', place)
    .where('holder', '=', holder)
    .execute();
}
