import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/db/index.ts';
import { applicationMigrations } from './applications/migrations.ts';
import { certificateMigrations } from './certificates/migrations.ts';
import { deploymentMigrations } from './deployments/migrations.ts';
import { inventoryMigrations } from './inventory/migrations.ts';
import { mailMigrations } from './mail/migrations.ts';
import type { SslCertificateTables } from './tables.ts';
import { tagMigrations } from './tags/migrations.ts';

type Column = 'text' | 'text?' | 'integer' | 'integer?' | 'bigint' | 'bigint?' | 'bytea' | 'bytea?';

const tables: {
  readonly [Table in keyof SslCertificateTables]: {
    readonly columns: { readonly [Name in keyof SslCertificateTables[Table]]: Column };
    readonly key: readonly (keyof SslCertificateTables[Table] & string)[];
  };
} = {
  ssl_certificates: {
    key: ['certificate_id'],
    columns: {
      certificate_id: 'text',
      account_id: 'text',
      enterprise_project_id: 'text',
      name: 'text',
      description: 'text?',
      status: 'text',
      version: 'bigint',
      order_id: 'text?',
      brand: 'text?',
      type: 'text?',
      domain_type: 'text?',
      primary_domain_type: 'text?',
      domain_count: 'integer',
      wildcard_count: 'integer',
      validity_months: 'integer?',
      remaining_count: 'integer',
      predecessor_id: 'text?',
      successor_id: 'text?',
      domain: 'text',
      sans: 'text',
      search_text: 'text',
      created_at: 'bigint',
      updated_at: 'bigint',
      issued_at: 'bigint?',
      not_before: 'bigint?',
      not_after: 'bigint',
      fingerprint: 'text?',
      signature_algorithm: 'text?',
      key_algorithm: 'text?',
      certificate_der: 'bytea?',
      chain_der: 'bytea?',
      key_id: 'text?',
      enc_certificate_der: 'bytea?',
      enc_key_id: 'text?',
      enc_key_envelope: 'text?',
      issuer: 'text?',
      issuer_reference: 'text?',
      revoked_at: 'bigint?',
      revoke_reason: 'text?',
      failure_reason: 'text?',
      notify_expiring: 'integer',
      notify_expired: 'integer',
    },
  },
  ssl_applications: {
    key: ['certificate_id'],
    columns: {
      certificate_id: 'text',
      account_id: 'text',
      applicant: 'text',
      method: 'text',
      auto_dns: 'integer',
      ca_hash_algorithm: 'text',
      key_algorithm: 'text',
      csr_der: 'bytea',
      key_id: 'text?',
      submitted_at: 'bigint',
      expires_at: 'bigint',
      issuer: 'text?',
      issuer_state: 'text?',
      review: 'text',
    },
  },
  ssl_domain_validations: {
    key: ['certificate_id', 'domain'],
    columns: {
      certificate_id: 'text',
      account_id: 'text',
      domain: 'text',
      position: 'integer',
      method: 'text',
      record_name: 'text',
      record_type: 'text',
      record_value: 'text',
      token_sha256: 'text?',
      verified_at: 'bigint?',
      checked_at: 'bigint?',
      attempts: 'integer',
      last_failure: 'text?',
      publication: 'text',
    },
  },
  ssl_orders: {
    key: ['order_id'],
    columns: {
      order_id: 'text',
      account_id: 'text',
      created_at: 'bigint',
      paid_at: 'bigint?',
      content: 'text',
    },
  },
  ssl_csrs: {
    key: ['csr_id'],
    columns: {
      csr_id: 'text',
      account_id: 'text',
      name: 'text',
      domain_name: 'text',
      sans: 'text?',
      private_key_algo: 'text',
      usage: 'text',
      company_country: 'text?',
      company_province: 'text?',
      company_city: 'text?',
      company_name: 'text?',
      csr_der: 'bytea',
      key_id: 'text?',
      created_at: 'bigint',
      updated_at: 'bigint?',
    },
  },
  ssl_certificate_tags: {
    key: ['certificate_id', 'key'],
    columns: { certificate_id: 'text', account_id: 'text', key: 'text', value: 'text' },
  },
  ssl_deployments: {
    key: ['certificate_id', 'service', 'project', 'resource_id'],
    columns: {
      certificate_id: 'text',
      account_id: 'text',
      service: 'text',
      project: 'text',
      resource_id: 'text',
      resource_type: 'text',
      resource_enterprise_project_id: 'text',
      resource_name: 'text',
      target_certificate_id: 'text',
      deployed_at: 'bigint',
    },
  },
  ssl_watched_endpoints: {
    key: ['endpoint_id'],
    columns: {
      endpoint_id: 'text',
      account_id: 'text',
      host: 'text',
      port: 'integer',
      server_name: 'text',
      created_at: 'bigint',
      probed_at: 'bigint?',
      last_failure: 'text?',
      fingerprint: 'text?',
      subject: 'text?',
      not_after: 'bigint?',
      certificate_der: 'bytea?',
      notified: 'text',
    },
  },
  ssl_notices: {
    key: ['certificate_id', 'occasion'],
    columns: { certificate_id: 'text', account_id: 'text', occasion: 'text', told_at: 'bigint' },
  },
  ssl_issuer_states: {
    key: ['issuer'],
    columns: { issuer: 'text', state: 'text', version: 'bigint' },
  },
};

// Every list starts with the account, so every index does; the id at the end breaks ties, so that pages never overlap.
const indexes: Readonly<Record<string, readonly [keyof SslCertificateTables, readonly string[]]>> = {
  ssl_certificates_by_fingerprint: ['ssl_certificates', ['account_id', 'fingerprint']],
  ssl_certificates_by_order: ['ssl_certificates', ['account_id', 'order_id']],
  // What time does to certificates, of all accounts.
  ssl_certificates_due: ['ssl_certificates', ['status', 'not_after']],
  ssl_domain_validations_by_token: ['ssl_domain_validations', ['token_sha256']],
  ssl_orders_by_account: ['ssl_orders', ['account_id', 'created_at']],
  ssl_csrs_by_account: ['ssl_csrs', ['account_id', 'created_at', 'csr_id']],
  ssl_certificate_tags_by_key: ['ssl_certificate_tags', ['account_id', 'key', 'value', 'certificate_id']],
  ssl_deployments_by_place: ['ssl_deployments', ['account_id', 'service', 'project', 'resource_id']],
  ssl_watched_endpoints_by_account: ['ssl_watched_endpoints', ['account_id', 'created_at', 'endpoint_id']],
};

async function createTable(
  db: Kysely<unknown>,
  name: string,
  { columns, key }: { readonly columns: Readonly<Record<string, Column>>; readonly key: readonly string[] },
): Promise<void> {
  let table = db.schema.createTable(name);
  for (const [column, type] of Object.entries(columns)) {
    const isOptional = type.endsWith('?');
    const plain = type.replace('?', '') as 'text' | 'integer' | 'bigint' | 'bytea';
    table = table.addColumn(column, plain, (builder) => (isOptional ? builder : builder.notNull()));
  }
  await table.addPrimaryKeyConstraint(`${name}_key`, [...key] as never[]).execute();
}

/** The tables of this capability. */
export const migrations: Migrations = {
  'ssl-certificates-0001-tables': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const [name, table] of Object.entries(tables)) await createTable(db, name, table);
      for (const [name, [table, columns]] of Object.entries(indexes))
        await db.schema
          .createIndex(name)
          .on(table)
          .columns([...columns])
          .execute();
    },
  },
  ...applicationMigrations,
  ...certificateMigrations,
  ...tagMigrations,
  ...inventoryMigrations,
  ...deploymentMigrations,
  ...mailMigrations,
};
