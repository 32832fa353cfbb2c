import { type Kysely, sql } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';
import type { PrivateCaTables } from '../tables.ts';

async function createShares(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema
    .createTable('certificate_authority_shares')
    .addColumn('ca_id', 'text', (column) => column.notNull())
    .addColumn('consumer_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('create_time', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('certificate_authority_shares_pk', ['ca_id', 'consumer_id'])
    .execute();
  await db.schema
    .createIndex('certificate_authority_shares_by_consumer')
    .on('certificate_authority_shares')
    .columns(['consumer_id', 'ca_id'])
    .execute();
}

/** Of what was issued before and is still there; what was deleted counts as the owner's. */
export async function fillConsumers(db: Kysely<PrivateCaTables>): Promise<void> {
  await sql`
    update issued_serials
    set consumer_id = (select account_id from private_certificates where certificate_id = issued_serials.subject_id)
    where subject_id in (
      select c.certificate_id from private_certificates c
      join certificate_authorities a on a.ca_id = c.issuer_id
      where a.account_id <> c.account_id
    )`.execute(db);
}

/** Keeps what the owner of a CA sees of a certificate after its holder deleted it. */
async function describeIssuedSerials(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema.alterTable('issued_serials').addColumn('consumer_id', 'text').execute();
  await db.schema.alterTable('issued_serials').addColumn('subject_names', 'text').execute();
  await db.schema.alterTable('issued_serials').addColumn('not_before', 'bigint').execute();
  await fillConsumers(db);
  // Partial: what accounts issue with CAs of their own costs an insert nothing here.
  await db.schema
    .createIndex('issued_serials_of_consumers')
    .on('issued_serials')
    .columns(['issuer_id', 'consumer_id', 'serial_number'])
    .where('consumer_id', 'is not', null)
    .execute();
}

export const sharingMigrations: Migrations = {
  'private-ca-0011-shares': { up: createShares },
  'private-ca-0050-issued-to-consumers': { up: describeIssuedSerials },
};
