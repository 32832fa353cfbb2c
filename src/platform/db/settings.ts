import type { Kysely } from 'kysely';
import type { Reader, Transaction } from './database.ts';
import type { Migrations } from './migrate.ts';
import { insertIfAbsent } from './portable-sql.ts';

/** A few values that belong to the installation, not to a capability, and survive a restart. */
interface SettingsTables {
  settings: { name: string; value: string };
}

export const settingsMigrations: Migrations = {
  'platform-0001-settings': {
    async up(schema: Kysely<unknown>): Promise<void> {
      await schema.schema
        .createTable('settings')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute();
    },
  },
};

export async function readSetting(reader: Reader, name: string): Promise<string | undefined> {
  const row = await reader
    .tables<SettingsTables>()
    .selectFrom('settings')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value;
}

export async function writeSetting(transaction: Transaction, name: string, value: string): Promise<void> {
  await transaction
    .tables<SettingsTables>()
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

/** Of several nodes that start together the first one's value stays; true if it is this one's. */
export async function insertSettingIfAbsent(
  transaction: Transaction,
  name: string,
  value: string,
): Promise<boolean> {
  return insertIfAbsent(
    transaction
      .tables<SettingsTables>()
      .insertInto('settings')
      .values({ name, value })
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** Writes and reads back a row of its own. */
export async function probeSettings(tables: Kysely<unknown>, value: string): Promise<void> {
  const settings = tables as Kysely<SettingsTables>;
  const name = 'probe';
  await settings
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
  await settings.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirstOrThrow();
}
