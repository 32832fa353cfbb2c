import { Kysely } from 'kysely';
import { checkSqliteFile } from './check-sqlite-file.ts';
import type { Database, Transaction } from './database.ts';
import { DatabaseUnavailable } from './database-unavailable.ts';
import { registerSqliteConnection } from './fixed-query.ts';
import { type CommitObserver, GroupCommit } from './group-commit.ts';
import { type AllowNewDatabase, type Migrations, migrate } from './migrate.ts';
import { OpenTransaction, refuseNestedTransaction } from './open-transaction.ts';
import { probeSettings } from './settings.ts';
import { SqliteConnection, sqliteDialect } from './sqlite-dialect.ts';

export interface SqliteSettings {
  readonly allowNew?: AllowNewDatabase | undefined;
  /** Longest wait for another process that writes to the same file. */
  readonly busyTimeoutMs?: number;
  /** After which a work that does not end is taken to wait for another. */
  readonly stuckAfterMs?: number;
}

const usualBusyTimeoutMs = 5_000;
const probePatienceMs = 900;

class SqliteDatabase implements Database {
  readonly engine = 'sqlite';
  readonly #file: string;
  readonly #reader: Kysely<unknown>;
  readonly #probing: Kysely<unknown>;
  /** Closed in this order: the last to close checkpoints the log, and a read-only one cannot. */
  readonly #connections: readonly SqliteConnection[];
  readonly #groupCommit: GroupCommit;
  #isClosed = false;
  #isCorrupt = false;

  constructor(
    file: string,
    settings: SqliteSettings,
    { writing, writer }: OpenWriter,
    observe: CommitObserver,
  ) {
    const busyTimeoutMs = settings.busyTimeoutMs ?? usualBusyTimeoutMs;
    const onCorrupt = () => this.reportCorruption();
    const reading = new SqliteConnection(file, { readOnly: true, busyTimeoutMs, onCorrupt });
    const probing = new SqliteConnection(file, {
      readOnly: false,
      busyTimeoutMs: probePatienceMs,
      onCorrupt,
    });
    reading.sqlite.exec(`${comparison}; pragma cache_size = -32768; pragma temp_store = memory`);
    probing.sqlite.exec('pragma synchronous = full');
    for (const connection of [writing, reading, probing]) connection.leaveEventLoopFree();
    this.#file = file;
    this.#connections = [reading, probing, writing];
    this.#reader = new Kysely<unknown>({ dialect: sqliteDialect(reading) });
    this.#probing = new Kysely<unknown>({ dialect: sqliteDialect(probing) });
    registerSqliteConnection(writer, writing);
    registerSqliteConnection(this.#reader, reading);
    this.#groupCommit = new GroupCommit(
      writing,
      (work) => new OpenTransaction(writer).run(work),
      observe,
      settings.stuckAfterMs,
    );
  }

  tables<Tables>(): Kysely<Tables> {
    return this.#reader as unknown as Kysely<Tables>;
  }

  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    refuseNestedTransaction();
    if (this.#isClosed) throw new Error('the database is closed');
    this.#refuseCorrupt();
    return this.#groupCommit.run(work);
  }

  async probe(): Promise<void> {
    this.#refuseCorrupt();
    await probeSettings(this.#probing, String(performance.now()));
  }

  async checkIntegrity(): Promise<readonly string[]> {
    const problems = await checkSqliteFile(this.#file);
    if (problems.length > 0) this.reportCorruption();
    return problems;
  }

  /** Stops all writing: on a malformed file it may be lost, or be read back as something else. */
  reportCorruption(): void {
    this.#isCorrupt = true;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#groupCommit.idle();
    for (const connection of this.#connections) connection.close();
  }

  #refuseCorrupt(): void {
    if (this.#isCorrupt)
      throw new DatabaseUnavailable(
        `${this.#file} is malformed: stop the program, restore a backup, and start again`,
      );
  }
}

interface OpenWriter {
  readonly writing: SqliteConnection;
  readonly writer: Kysely<unknown>;
}

export async function openSqlite(
  file: string,
  migrations: Migrations,
  observe: CommitObserver,
  settings: SqliteSettings = {},
): Promise<Database> {
  let database: SqliteDatabase | undefined;
  const writing = new SqliteConnection(file, {
    readOnly: false,
    busyTimeoutMs: settings.busyTimeoutMs ?? usualBusyTimeoutMs,
    onCorrupt: () => database?.reportCorruption(),
  });
  try {
    prepareWriter(writing);
    const writer = new Kysely<unknown>({ dialect: sqliteDialect(writing) });
    await migrate(writer, migrations, settings.allowNew);
    writing.forgetStatements();
    database = new SqliteDatabase(file, settings, { writing, writer }, observe);
    return database;
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
