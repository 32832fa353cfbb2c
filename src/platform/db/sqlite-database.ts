import { Kysely } from 'kysely';
import type { Database, Transaction } from './database.ts';
import { registerSqliteConnection } from './fixed-query.ts';
import { type CommitObserver, GroupCommit } from './group-commit.ts';
import { type AllowNewDatabase, type Migrations, migrate } from './migrate.ts';
import { OpenTransaction, refuseNestedTransaction } from './open-transaction.ts';
import { SqliteConnection, sqliteDialect } from './sqlite-dialect.ts';

export interface SqliteSettings {
  readonly allowNew?: AllowNewDatabase | undefined;
  /** How long another process that writes to the same file is waited for. */
  readonly busyTimeoutMs?: number;
  /** After which a work that does not end is taken to wait for another. */
  readonly stuckAfterMs?: number;
}

const usualBusyTimeoutMs = 5_000;

class SqliteDatabase implements Database {
  readonly engine = 'sqlite';
  readonly #reader: Kysely<unknown>;
  readonly #connections: readonly SqliteConnection[];
  readonly #groupCommit: GroupCommit;
  #isClosed = false;

  /** `connections` are closed in their order. */
  constructor(reader: Kysely<unknown>, connections: readonly SqliteConnection[], groupCommit: GroupCommit) {
    this.#reader = reader;
    this.#connections = connections;
    this.#groupCommit = groupCommit;
  }

  tables<Tables>(): Kysely<Tables> {
    return this.#reader as unknown as Kysely<Tables>;
  }

  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    refuseNestedTransaction();
    if (this.#isClosed) throw new Error('the database is closed');
    return this.#groupCommit.run(work);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#groupCommit.idle();
    for (const connection of this.#connections) connection.close();
  }
}

export async function openSqlite(
  file: string,
  migrations: Migrations,
  observe: CommitObserver,
  { allowNew, busyTimeoutMs = usualBusyTimeoutMs, stuckAfterMs }: SqliteSettings = {},
): Promise<Database> {
  const writing = new SqliteConnection(file, { readOnly: false, busyTimeoutMs });
  try {
    prepareWriter(writing);
    const writer = new Kysely<unknown>({ dialect: sqliteDialect(writing) });
    await migrate(writer, migrations, allowNew);
    writing.forgetStatements();
    writing.leaveEventLoopFree();
    const reading = new SqliteConnection(file, { readOnly: true, busyTimeoutMs });
    reading.sqlite.exec(`${comparison}; pragma cache_size = -32768; pragma temp_store = memory`);
    reading.leaveEventLoopFree();
    const reader = new Kysely<unknown>({ dialect: sqliteDialect(reading) });
    registerSqliteConnection(writer, writing);
    registerSqliteConnection(reader, reading);
    const groupCommit = new GroupCommit(
      writing,
      (work) => new OpenTransaction(writer).run(work),
      observe,
      stuckAfterMs,
    );
    // The reader is closed first: the last connection to close checkpoints the log, and a read-only one cannot.
    return new SqliteDatabase(reader, [reading, writing], groupCommit);
  } catch (error) {
    writing.close();
    throw error;
  }
}

/** LIKE is case-sensitive as in PostgreSQL, which also lets it use an index for a prefix. */
const comparison = 'pragma case_sensitive_like = on';

function prepareWriter({ sqlite }: SqliteConnection): void {
  sqlite.exec('pragma journal_mode = wal');
  // FULL: in WAL mode NORMAL loses acknowledged commits when power fails (SQLite, "PRAGMA synchronous").
  sqlite.exec('pragma synchronous = full');
  sqlite.exec(comparison);
  sqlite.exec('pragma cache_size = -32768');
  sqlite.exec('pragma temp_store = memory');
  // The log is truncated to this after a checkpoint, so one large transaction does not keep the disk for ever.
  sqlite.exec('pragma journal_size_limit = 67108864');
}
