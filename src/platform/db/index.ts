import type { Log } from '../log.ts';
import type { Database } from './database.ts';
import type { CommitObserver } from './group-commit.ts';
import type { AllowNewDatabase, Migrations } from './migrate.ts';
import { openSqlite } from './sqlite-database.ts';

export type { Database, Reader, Transaction } from './database.ts';
export { DatabaseUnavailable } from './database-unavailable.ts';
export { fixedChange, fixedInsert, fixedSelect } from './fixed-query.ts';
export type { CommitObserver } from './group-commit.ts';
export type { AllowNewDatabase, Migrations } from './migrate.ts';
export {
  choosesIndexByRows,
  clusteredByKey,
  containsPattern,
  insertIfAbsent,
  isUniqueViolation,
  matches,
  prefixPattern,
} from './portable-sql.ts';
export { urlsOfHosts } from './postgres-hosts.ts';
export { insertSettingIfAbsent, readSetting, settingsMigrations, writeSetting } from './settings.ts';

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`; without it the SQLite file is used. */
  readonly url?: string | undefined;
  /** Path of the SQLite file, created if missing. */
  readonly sqliteFile?: string | undefined;
  /** PostgreSQL connections at most; 10 if not given. */
  readonly poolSize?: number;
  readonly migrations: Migrations;
  readonly log: Log;
  readonly observe?: CommitObserver;
  /** Without it an empty database becomes a new one. */
  readonly allowNew?: AllowNewDatabase;
}

const defaultPoolSize = 10;

/** Opens the database and brings its tables up to date. Rejects with the engine's error if it cannot be reached or written. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const observe = options.observe ?? (() => {});
  if (options.url) {
    // Loaded only when it is wanted: SQLite, the default, starts faster without it.
    const { openPostgres } = await import('./postgres-database.ts');
    const { url, poolSize = defaultPoolSize, migrations, log, allowNew } = options;
    return openPostgres({ url, poolSize, migrations, log, observe, allowNew });
  }
  if (!options.sqliteFile) throw new TypeError('openDatabase needs a url or a sqliteFile');
  return openSqlite(options.sqliteFile, options.migrations, observe, { allowNew: options.allowNew });
}
