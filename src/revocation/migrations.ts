import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/db/index.ts';
import type { RevocationTables } from './tables.ts';

async function createCrlStates(db: Kysely<RevocationTables>): Promise<void> {
  await db.schema
    .createTable('crl_states')
    .addColumn('ca_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text')
    .addColumn('enabled', 'integer', (column) => column.notNull())
    .addColumn('change_count', 'bigint', (column) => column.notNull())
    .addColumn('published_count', 'bigint', (column) => column.notNull())
    .addColumn('last_number', 'bigint', (column) => column.notNull())
    .addColumn('base_number', 'bigint')
    .addColumn('base_this_update', 'bigint')
    .addColumn('delta_base', 'bigint')
    .addColumn('delta_this_update', 'bigint')
    .addColumn('published_at', 'bigint')
    .addColumn('publication_ms', 'bigint', (column) => column.notNull())
    .addColumn('published_entries', 'integer', (column) => column.notNull())
    .addColumn('lease', 'text')
    .addColumn('lease_until', 'bigint')
    .execute();
  await db.schema
    .createIndex('crl_states_by_account')
    .on('crl_states')
    .columns(['account_id', 'enabled'])
    .execute();
  await db.schema
    .createTable('status_changes')
    .addColumn('issuer_id', 'text', (column) => column.notNull())
    .addColumn('serial_number', 'text', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('status_changes_pk', ['issuer_id', 'serial_number'])
    .execute();
  await db.schema
    .createIndex('status_changes_by_time')
    .on('status_changes')
    .columns(['issuer_id', 'changed_at', 'serial_number'])
    .execute();
}

async function createOcspResponders(db: Kysely<RevocationTables>): Promise<void> {
  await db.schema
    .createTable('ocsp_responders')
    .addColumn('ca_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('serial_number', 'text', (column) => column.notNull())
    .addColumn('certificate_der', 'bytea', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .execute();
}

export const migrations: Migrations = {
  'revocation-0001-crl-states': { up: createCrlStates },
  'revocation-0002-ocsp-responders': { up: createOcspResponders },
};
