import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/db/index.ts';
import { orderMigrations } from './orders/migrations.ts';
import { policyMigrations } from './policy/migrations.ts';
import { sharingMigrations } from './sharing/migrations.ts';
import type { PrivateCaTables } from './tables.ts';
import { tagMigrations } from './tags/migrations.ts';

// Every list and every filter starts with the account, so every index does; the id at the end breaks ties, so that pages never
// overlap.
const authorityIndexes = {
  certificate_authorities_by_create_time: ['account_id', 'listed', 'create_time', 'ca_id'],
  certificate_authorities_by_common_name: ['account_id', 'listed', 'common_name', 'ca_id'],
  certificate_authorities_by_type: ['account_id', 'listed', 'type', 'ca_id'],
  certificate_authorities_by_not_after: ['account_id', 'listed', 'not_after', 'ca_id'],
  certificate_authorities_by_status: ['account_id', 'listed', 'status', 'not_after', 'ca_id'],
} as const;

const certificateIndexes = {
  private_certificates_by_create_time: ['account_id', 'create_time', 'certificate_id'],
  private_certificates_by_common_name: ['account_id', 'common_name', 'certificate_id'],
  private_certificates_by_issuer_name: ['account_id', 'issuer_name', 'certificate_id'],
  private_certificates_by_not_after: ['account_id', 'not_after', 'certificate_id'],
  // ISSUED, EXPIRED and REVOKED follow from these two.
  private_certificates_by_status: ['account_id', 'revoked_at', 'not_after', 'certificate_id'],
} as const;

async function createIndexes(
  db: Kysely<PrivateCaTables>,
  table: string,
  indexes: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [name, columns] of Object.entries(indexes)) {
    await db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute();
  }
}

async function createAuthorities(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema
    .createTable('certificate_authorities')
    .addColumn('ca_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('gen_mode', 'text', (column) => column.notNull())
    .addColumn('listed', 'integer', (column) => column.notNull())
    .addColumn('issuer_id', 'text')
    .addColumn('issuer_name', 'text')
    .addColumn('key_algorithm', 'text', (column) => column.notNull())
    .addColumn('signature_algorithm', 'text')
    .addColumn('common_name', 'text', (column) => column.notNull())
    .addColumn('country', 'text')
    .addColumn('state', 'text')
    .addColumn('locality', 'text')
    .addColumn('organization', 'text')
    .addColumn('organizational_unit', 'text')
    .addColumn('path_length', 'integer')
    .addColumn('key_usages', 'text')
    .addColumn('freeze_flag', 'integer', (column) => column.notNull())
    .addColumn('serial_number', 'text')
    .addColumn('not_before', 'bigint')
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('create_time', 'bigint', (column) => column.notNull())
    .addColumn('order_id', 'text')
    .addColumn('delete_time', 'bigint')
    .addColumn('enterprise_project_id', 'text', (column) => column.notNull())
    .addColumn('charging_mode', 'integer', (column) => column.notNull())
    .addColumn('crl_enabled', 'integer', (column) => column.notNull())
    .addColumn('crl_name', 'text')
    .addColumn('crl_bucket', 'text')
    .addColumn('crl_valid_days', 'integer')
    .addColumn('hsm_cluster_id', 'text')
    .addColumn('key_id', 'text')
    .addColumn('public_key_spki', 'bytea')
    .addColumn('certificate_der', 'bytea')
    .addColumn('imported_chain_der', 'bytea')
    .addColumn('revoked_at', 'bigint')
    .addColumn('revocation_reason', 'text')
    .execute();
  await createIndexes(db, 'certificate_authorities', authorityIndexes);
}

async function createCertificates(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema
    .createTable('private_certificates')
    .addColumn('certificate_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('issuer_id', 'text', (column) => column.notNull())
    .addColumn('issuer_name', 'text', (column) => column.notNull())
    .addColumn('gen_mode', 'text', (column) => column.notNull())
    .addColumn('key_algorithm', 'text', (column) => column.notNull())
    .addColumn('signature_algorithm', 'text', (column) => column.notNull())
    .addColumn('common_name', 'text', (column) => column.notNull())
    .addColumn('country', 'text')
    .addColumn('state', 'text')
    .addColumn('locality', 'text')
    .addColumn('organization', 'text')
    .addColumn('organizational_unit', 'text')
    .addColumn('freeze_flag', 'integer', (column) => column.notNull())
    .addColumn('serial_number', 'text', (column) => column.notNull())
    .addColumn('not_before', 'bigint', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('create_time', 'bigint', (column) => column.notNull())
    .addColumn('enterprise_project_id', 'text', (column) => column.notNull())
    .addColumn('key_id', 'text')
    .addColumn('certificate_der', 'bytea', (column) => column.notNull())
    .addColumn('enc_serial_number', 'text')
    .addColumn('enc_key_id', 'text')
    .addColumn('enc_certificate_der', 'bytea')
    .addColumn('revoked_at', 'bigint')
    .addColumn('revocation_reason', 'text')
    .execute();
  await createIndexes(db, 'private_certificates', certificateIndexes);
}

async function createIssuedSerials(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema
    .createTable('issued_serials')
    .addColumn('issuer_id', 'text', (column) => column.notNull())
    .addColumn('serial_number', 'text', (column) => column.notNull())
    .addColumn('subject_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .addColumn('revocation_reason', 'text')
    // RFC 5280 §4.1.2.2: unique for each certificate issued by a given CA.
    .addPrimaryKeyConstraint('issued_serials_pk', ['issuer_id', 'serial_number'])
    .execute();
  // Partial: what is not revoked, nearly everything, costs an insert nothing here.
  await db.schema
    .createIndex('issued_serials_revoked')
    .on('issued_serials')
    .columns(['issuer_id', 'revoked_at', 'serial_number'])
    .where('revoked_at', 'is not', null)
    .execute();
}

async function createQuotas(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema
    .createTable('pca_quotas')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('resource', 'text', (column) => column.notNull())
    .addColumn('used', 'integer', (column) => column.notNull())
    .addColumn('quota', 'integer')
    .addPrimaryKeyConstraint('pca_quotas_pk', ['account_id', 'resource'])
    .execute();
}

async function createOrders(db: Kysely<PrivateCaTables>): Promise<void> {
  await db.schema
    .createTable('certificate_authority_orders')
    .addColumn('order_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('create_time', 'bigint', (column) => column.notNull())
    .addColumn('period_type', 'integer', (column) => column.notNull())
    .addColumn('period_num', 'integer', (column) => column.notNull())
    .addColumn('is_auto_renew', 'integer', (column) => column.notNull())
    .addColumn('subscription_num', 'integer', (column) => column.notNull())
    .addColumn('enterprise_project_id', 'text', (column) => column.notNull())
    .execute();
}

async function addRelyingParties(db: Kysely<PrivateCaTables>): Promise<void> {
  const authorities = () => db.schema.alterTable('certificate_authorities');
  await authorities().addColumn('crl_delta_hours', 'integer').execute();
  await authorities().addColumn('crl_dis_point', 'text').execute();
  await authorities()
    .addColumn('ocsp_enabled', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  // Names of buckets are unique in the installation; two CAs would overwrite each other's CRL. Without
  // one these columns are null, and nulls differ.
  await db.schema
    .createIndex('certificate_authorities_crl_file')
    .unique()
    .on('certificate_authorities')
    .columns(['crl_bucket', 'crl_name'])
    .execute();
}

const certificateSortKeys = ['create_time', 'common_name', 'issuer_name', 'not_after'] as const;
const certificateFilterColumns = ['common_name', 'revoked_at', 'not_after'] as const;

/**
 * Each order's index holds what is filtered by, so a page is found without reading the rows that do not match. What is revoked,
 * usually little, has indexes of its own, which cost an insert nothing.
 */
async function widenCertificateIndexes(db: Kysely<PrivateCaTables>): Promise<void> {
  for (const name of Object.keys(certificateIndexes)) await db.schema.dropIndex(name).execute();
  for (const key of certificateSortKeys) {
    const filtered = certificateFilterColumns.filter((column) => column !== key);
    const columns = ['account_id', key, 'certificate_id', ...filtered];
    await createIndexes(db, 'private_certificates', { [`private_certificates_by_${key}`]: columns });
    await db.schema
      .createIndex(`private_certificates_revoked_by_${key}`)
      .on('private_certificates')
      .columns(columns)
      .where('revoked_at', 'is not', null)
      .execute();
  }
}

export const migrations: Migrations = {
  'private-ca-0001-authorities': { up: createAuthorities },
  'private-ca-0002-certificates': { up: createCertificates },
  'private-ca-0003-issued-serials': { up: createIssuedSerials },
  'private-ca-0004-quotas': { up: createQuotas },
  'private-ca-0005-orders': { up: createOrders },
  'private-ca-0006-relying-parties': { up: addRelyingParties },
  'private-ca-0007-certificate-lists': { up: widenCertificateIndexes },
  ...orderMigrations,
  ...policyMigrations,
  ...sharingMigrations,
  ...tagMigrations,
};
