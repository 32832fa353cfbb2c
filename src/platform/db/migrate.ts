import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** Migrations by name, `<capability>-<number>-<what>`; each is applied once, in the order of the names. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Applies what is missing, under a lock, so several nodes may start on one database at the same time. */
export async function migrate(kysely: Kysely<unknown>, migrations: Migrations): Promise<void> {
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: async () => ({ ...migrations }) },
    // A capability's first migration sorts before another's that was applied long ago.
    allowUnorderedMigrations: true,
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
