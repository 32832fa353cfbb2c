import type { Insertable, Kysely, Selectable } from 'kysely';
import { containsPattern, matches, type Reader, type Transaction } from '../../platform/db/index.ts';
import type { SslCertificateTables, SslCsrTable } from '../tables.ts';

export type StoredCsr = Selectable<SslCsrTable>;

function csrs(reader: Reader): Kysely<SslCertificateTables> {
  return reader.tables<SslCertificateTables>();
}

export async function insertCsr(transaction: Transaction, csr: Insertable<SslCsrTable>): Promise<void> {
  await csrs(transaction).insertInto('ssl_csrs').values(csr).execute();
}

/** Another account's CSR is not found. */
export function findCsr(reader: Reader, accountId: string, csrId: string): Promise<StoredCsr | undefined> {
  return csrs(reader)
    .selectFrom('ssl_csrs')
    .selectAll()
    .where('csr_id', '=', csrId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/** The account's stored CSR that is this one, if it has its key here. */
export function findCsrWithKey(
  reader: Reader,
  accountId: string,
  csrDer: Uint8Array,
): Promise<Pick<StoredCsr, 'key_id'> | undefined> {
  return csrs(reader)
    .selectFrom('ssl_csrs')
    .select('key_id')
    .where('account_id', '=', accountId)
    .where('csr_der', '=', csrDer)
    .where('key_id', 'is not', null)
    .limit(1)
    .executeTakeFirst();
}

export interface CsrFilter {
  /** Part of the name. */
  readonly name?: string | undefined;
  readonly keyAlgorithm?: string | undefined;
}

/** The newest first. */
export async function listCsrRows(
  reader: Reader,
  accountId: string,
  { name, keyAlgorithm }: CsrFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly total: number; readonly rows: StoredCsr[] }> {
  let matching = csrs(reader).selectFrom('ssl_csrs').where('account_id', '=', accountId);
  if (name) matching = matching.where((eb) => matches(eb.ref('name'), containsPattern(name)));
  if (keyAlgorithm) matching = matching.where('private_key_algo', '=', keyAlgorithm);
  const { total } = await matching
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await matching
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('csr_id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return { total, rows };
}

/** Undefined if it is there no more. */
export function renameCsr(
  transaction: Transaction,
  accountId: string,
  csrId: string,
  change: { readonly name: string; readonly updatedAt: number },
): Promise<StoredCsr | undefined> {
  return csrs(transaction)
    .updateTable('ssl_csrs')
    .set({ name: change.name, updated_at: change.updatedAt })
    .where('csr_id', '=', csrId)
    .where('account_id', '=', accountId)
    .returningAll()
    .executeTakeFirst();
}

/** False if it was there no more. */
export async function removeCsr(
  transaction: Transaction,
  accountId: string,
  csrId: string,
): Promise<boolean> {
  const result = await csrs(transaction)
    .deleteFrom('ssl_csrs')
    .where('csr_id', '=', csrId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
