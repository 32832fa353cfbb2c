import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** Migrations by name, `<capability>-<number>-<what>`; each is applied once, in the order of the names. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Called before an empty database gets its first tables; throws to refuse. */
export type AllowNewDatabase = () => Promise<void>;

/**
 * Applies what is missing, under a lock, so several nodes may start on one database at the same time. Throws `NewerDatabase` for what a
 * later version has written.
 */
export async function migrate(
  kysely: Kysely<unknown>,
  migrations: Migrations,
  allowNew: AllowNewDatabase = async () => {},
): Promise<void> {
  const applied = await appliedMigrations(kysely);
  if (applied.length === 0) await allowNew();
  const unknown = applied.filter((name) => !(name in migrations));
  if (unknown.length > 0) throw new NewerDatabase(unknown);
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: async () => ({ ...migrations }) },
    // A capability's first migration sorts before another's that was applied long ago.
    allowUnorderedMigrations: true,
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

async function appliedMigrations(kysely: Kysely<unknown>): Promise<readonly string[]> {
  const tables = await kysely.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const rows = await (kysely as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  return rows.map((row) => row.name);
}

/** The database has migrations that this version does not know. */
export class NewerDatabase extends Error {
  constructor(names: readonly string[]) {
    super(
      `it was written by a newer version, which added ${names.join(', ')}: start that version or a later one, or restore a backup made before the upgrade`,
    );
    this.name = 'NewerDatabase';
  }
}
