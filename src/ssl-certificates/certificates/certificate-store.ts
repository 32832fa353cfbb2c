import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';
import { scmError } from '../errors.ts';
import type { SslCertificateTable, SslCertificateTables } from '../tables.ts';

export type SslCertificate = Selectable<SslCertificateTable>;

type NewSslCertificate = Omit<Insertable<SslCertificateTable>, 'certificate_id' | 'version' | 'search_text'>;

type Change = Updateable<
  Omit<SslCertificateTable, 'certificate_id' | 'account_id' | 'version' | 'search_text'>
>;

function tables(reader: Reader): Kysely<SslCertificateTables> {
  return reader.tables<SslCertificateTables>();
}

/** `scs` and the time in milliseconds: the first that is free from `created_at` on. Answers the id. */
export async function insertCertificate(
  transaction: Transaction,
  certificate: NewSslCertificate,
): Promise<string> {
  const row = { ...certificate, version: 1, search_text: searchTextOf(certificate) };
  for (let digits = certificate.created_at; ; digits += 1) {
    const certificateId = `scs${String(digits).padStart(13, '0')}`;
    const insert = tables(transaction)
      .insertInto('ssl_certificates')
      .values({ ...row, certificate_id: certificateId })
      .onConflict((conflict) => conflict.doNothing());
    if (await insertIfAbsent(insert)) return certificateId;
  }
}

/** Another account's certificate is not found. */
export async function findCertificate(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<SslCertificate | undefined> {
  return tables(reader)
    .selectFrom('ssl_certificates')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/**
 * Changes the row that was seen, and answers it as it is then. Throws SCM.0010 if it was changed or removed meanwhile, which undoes the
 * transaction: of two requests at the same time one is refused.
 */
export async function changeCertificate(
  transaction: Transaction,
  seen: SslCertificate,
  change: Change,
): Promise<SslCertificate> {
  const changed = { ...seen, ...change } as SslCertificate;
  const row = await tables(transaction)
    .updateTable('ssl_certificates')
    .set({ ...change, version: seen.version + 1, search_text: searchTextOf(changed) })
    .where('certificate_id', '=', seen.certificate_id)
    .where('account_id', '=', seen.account_id)
    .where('version', '=', seen.version)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw changedMeanwhile();
  return row;
}

/** Holds the row until the end of the transaction, so that it is not removed meanwhile; false if it is gone. Its version stays. */
export async function holdCertificate(
  transaction: Transaction,
  accountId: string,
  certificateId: string,
): Promise<boolean> {
  // Writing what is there is a lock on both engines.
  const result = await tables(transaction)
    .updateTable('ssl_certificates')
    .set((eb) => ({ version: eb.ref('version') }))
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Throws SCM.0010 if it was changed or removed meanwhile. */
export async function removeCertificate(transaction: Transaction, seen: SslCertificate): Promise<void> {
  const result = await tables(transaction)
    .deleteFrom('ssl_certificates')
    .where('certificate_id', '=', seen.certificate_id)
    .where('account_id', '=', seen.account_id)
    .where('version', '=', seen.version)
    .executeTakeFirst();
  if (result.numDeletedRows !== 1n) throw changedMeanwhile();
}

function changedMeanwhile() {
  return scmError(
    'SCM.0010',
    'The certificate was changed by another request at the same time; look at it again.',
  );
}

function searchTextOf({ name, domain, sans }: { name: string; domain: string; sans: string }): string {
  return `${name}\n${domain}\n${sans}`.toLowerCase();
}
