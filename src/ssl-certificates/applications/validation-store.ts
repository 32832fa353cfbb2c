import type { Selectable } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { SslCertificateTables, SslDomainValidationTable } from '../tables.ts';

/** One name of an application and how it is verified. */
export type DomainValidation = Selectable<SslDomainValidationTable>;

/** In the order of the names. */
export async function listValidations(reader: Reader, certificateId: string): Promise<DomainValidation[]> {
  return reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_domain_validations')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .orderBy('position')
    .execute();
}

/** For who removes the certificate, or replaces its application. */
export async function deleteValidations(transaction: Transaction, certificateId: string): Promise<void> {
  await transaction
    .tables<SslCertificateTables>()
    .deleteFrom('ssl_domain_validations')
    .where('certificate_id', '=', certificateId)
    .execute();
}
