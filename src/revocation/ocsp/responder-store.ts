import type { Kysely } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { OcspResponderTable, RevocationTables } from '../tables.ts';

export type OcspResponder = OcspResponderTable;

function tables(reader: Reader): Kysely<RevocationTables> {
  return reader.tables<RevocationTables>();
}

/** The delegated responder of a CA whose OCSP is on. */
export async function findResponder(reader: Reader, caId: string): Promise<OcspResponder | undefined> {
  return tables(reader)
    .selectFrom('ocsp_responders')
    .selectAll()
    .where('ca_id', '=', caId)
    .executeTakeFirst();
}

/** Violates the primary key if the CA has a responder already. */
export async function insertResponder(transaction: Transaction, responder: OcspResponder): Promise<void> {
  await tables(transaction).insertInto('ocsp_responders').values(responder).execute();
}

/** False, and nothing changed, if the responder is no longer the one that was seen. */
export async function replaceResponder(
  transaction: Transaction,
  seen: OcspResponder,
  { key_id, serial_number, certificate_der, not_after }: OcspResponder,
): Promise<boolean> {
  const replaced = await tables(transaction)
    .updateTable('ocsp_responders')
    .set({ key_id, serial_number, certificate_der, not_after })
    .where('ca_id', '=', seen.ca_id)
    .where('serial_number', '=', seen.serial_number)
    .executeTakeFirst();
  return replaced.numUpdatedRows === 1n;
}

/** The responder that was removed; undefined if there was none. */
export async function deleteResponder(
  transaction: Transaction,
  caId: string,
): Promise<OcspResponder | undefined> {
  return tables(transaction)
    .deleteFrom('ocsp_responders')
    .where('ca_id', '=', caId)
    .returningAll()
    .executeTakeFirst();
}
