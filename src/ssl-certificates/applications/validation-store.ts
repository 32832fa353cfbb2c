import type { Kysely, Selectable, Updateable } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { Challenge } from '../issuers/issuer.ts';
import type { SslCertificateTables, SslDomainValidationTable } from '../tables.ts';

export type DomainValidation = Selectable<SslDomainValidationTable>;

function tables(reader: Reader): Kysely<SslCertificateTables> {
  return reader.tables<SslCertificateTables>();
}

/** Names that are to be verified, and that were, in the order of the application. */
export function listValidations(reader: Reader, certificateId: string): Promise<DomainValidation[]> {
  return tables(reader)
    .selectFrom('ssl_domain_validations')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .orderBy('position')
    .execute();
}

/** Replaces those of an earlier application. `isPublished`: whether the record, or the mail, is to be sent from here. */
export async function replaceValidations(
  transaction: Transaction,
  { certificateId, accountId }: { readonly certificateId: string; readonly accountId: string },
  challenges: readonly (Challenge & { readonly isPublished: boolean; readonly verifiedAt?: number | null })[],
): Promise<void> {
  await removeValidations(transaction, certificateId);
  for (const [position, challenge] of challenges.entries())
    await tables(transaction)
      .insertInto('ssl_domain_validations')
      .values({
        certificate_id: certificateId,
        account_id: accountId,
        domain: challenge.domain,
        position,
        method: challenge.method,
        record_name: challenge.recordName,
        record_type: challenge.recordType,
        record_value: challenge.recordValue,
        token_sha256: null,
        verified_at: challenge.verifiedAt ?? null,
        checked_at: null,
        attempts: 0,
        last_failure: null,
        publication: challenge.isPublished ? 'due' : 'none',
      })
      .execute();
}

export async function removeValidations(transaction: Transaction, certificateId: string): Promise<void> {
  await tables(transaction)
    .deleteFrom('ssl_domain_validations')
    .where('certificate_id', '=', certificateId)
    .execute();
}

/** Changes the row that was seen unless it was verified, checked or replaced meanwhile; false then. */
export async function changeValidation(
  transaction: Transaction,
  seen: DomainValidation,
  change: Updateable<
    Pick<
      SslDomainValidationTable,
      'verified_at' | 'checked_at' | 'attempts' | 'last_failure' | 'publication' | 'token_sha256'
    >
  >,
): Promise<boolean> {
  const result = await tables(transaction)
    .updateTable('ssl_domain_validations')
    .set(change)
    .where('certificate_id', '=', seen.certificate_id)
    .where('domain', '=', seen.domain)
    .where('record_name', '=', seen.record_name)
    .where('record_value', '=', seen.record_value)
    .where('attempts', '=', seen.attempts)
    .where('verified_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** What is open is due at once unless it was checked since; a mail that was sent is not sent again. Answers how many names. */
export async function hastenValidations(
  transaction: Transaction,
  certificateId: string,
  checkedBeforeMs: number,
): Promise<number> {
  const result = await tables(transaction)
    .updateTable('ssl_domain_validations')
    .set({ checked_at: null })
    .where('certificate_id', '=', certificateId)
    .where('verified_at', 'is', null)
    .where('checked_at', '<=', checkedBeforeMs)
    .where((eb) => eb.or([eb('method', '<>', 'EMAIL'), eb('publication', '=', 'due')]))
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

export function findValidationByToken(
  reader: Reader,
  tokenSha256: string,
): Promise<DomainValidation | undefined> {
  return tables(reader)
    .selectFrom('ssl_domain_validations')
    .selectAll()
    .where('token_sha256', '=', tokenSha256)
    .executeTakeFirst();
}

/** False if the token is no more, or was used. */
export async function verifyByToken(
  transaction: Transaction,
  tokenSha256: string,
  nowMs: number,
): Promise<boolean> {
  const result = await tables(transaction)
    .updateTable('ssl_domain_validations')
    .set({ verified_at: nowMs, last_failure: null })
    .where('token_sha256', '=', tokenSha256)
    .where('verified_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** In the transaction that ends the application: the records are taken away by jobs of their own, links lead nowhere any more. */
export async function closeValidations(transaction: Transaction, certificateId: string): Promise<void> {
  await tables(transaction)
    .updateTable('ssl_domain_validations')
    .set({ publication: 'withdrawn' })
    .where('certificate_id', '=', certificateId)
    .where('method', '=', 'DNS')
    .where('publication', '<>', 'none')
    .execute();
  await tables(transaction)
    .updateTable('ssl_domain_validations')
    .set({ token_sha256: null })
    .where('certificate_id', '=', certificateId)
    .where('verified_at', 'is', null)
    .execute();
}

export function challengeOf(validation: DomainValidation): Challenge {
  return {
    domain: validation.domain,
    method: validation.method,
    recordName: validation.record_name,
    recordType: validation.record_type as Challenge['recordType'],
    recordValue: validation.record_value,
  };
}
