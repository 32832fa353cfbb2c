import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { isSqliteBusy, isSqliteCorrupt, translateSqliteError } from './database-unavailable.ts';

/** Enough for every distinct query of the product; `in (...)` lists of many lengths must not grow it without bound. */
const statementCacheSize = 500;

type SqlParameter = null | number | bigint | string | Uint8Array;

interface CachedStatement {
  readonly statement: StatementSync;
  /** Empty for a statement that returns no rows. */
  readonly columns: readonly string[];
}

export interface SqliteConnectionOptions {
  readonly readOnly: boolean;
  /** Longest wait for another process that keeps the file locked. */
  readonly busyTimeoutMs: number;
  /** Called when SQLite finds the file malformed. */
  readonly onCorrupt?: () => void;
}

/** One connection of `node:sqlite`; calls are synchronous, so a statement is never entered twice. */
export class SqliteConnection implements DatabaseConnection {
  readonly sqlite: DatabaseSync;
  readonly #busyTimeoutMs: number;
  readonly #onCorrupt: () => void;
  readonly #statements = new Map<string, CachedStatement>();

  constructor(file: string, { readOnly, busyTimeoutMs, onCorrupt = () => {} }: SqliteConnectionOptions) {
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#onCorrupt = onCorrupt;
    this.sqlite = new DatabaseSync(file, {
      readOnly,
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: true,
    });
  }

  /**
   * From now on a lock of another process is waited for without the event loop, which SQLite's own busy handler stops. For the time
   * after the database was opened.
   */
  leaveEventLoopFree(): void {
    this.sqlite.exec('pragma busy_timeout = 0');
  }

  /** Runs `step`, and again while another process keeps the file locked. Throws `DatabaseUnavailable` at the end of the patience. */
  async patiently<Result>(step: () => Result): Promise<Result> {
    const startMs = performance.now();
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, 50)) {
      try {
        return step();
      } catch (error) {
        if (isSqliteCorrupt(error)) this.#onCorrupt();
        if (!isSqliteBusy(error) || performance.now() - startMs > this.#busyTimeoutMs)
          throw translateSqliteError(error);
      }
      await sleep(pauseMs);
    }
  }

  close(): void {
    if (this.sqlite.isOpen) this.sqlite.close();
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.patiently(() => this.#execute<Row>(query));
  }

  #execute<Row>(query: CompiledQuery): QueryResult<Row> {
    const { statement, columns } = this.#prepare(query.sql);
    const parameters = query.parameters as readonly SqlParameter[];
    if (columns.length === 0) {
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    }
    const tuples = statement.all(...parameters) as unknown as unknown[][];
    const rows = tuples.map((tuple) => toRow(columns, tuple) as Row);
    return query.query.kind === 'SelectQueryNode' ? { rows } : { rows, numAffectedRows: BigInt(rows.length) };
  }

  // A suspended cursor would pin this connection's snapshot, and later reads on it would miss newer commits.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    yield* [];
    throw new Error(
      'queries are not streamed: read page after page, each from the last key of the one before',
    );
  }

  /** After a migration, whose tables a statement may have seen with other columns. */
  forgetStatements(): void {
    this.#statements.clear();
  }

  #prepare(sql: string): CachedStatement {
    const known = this.#statements.get(sql);
    if (known) {
      this.#statements.delete(sql);
      this.#statements.set(sql, known);
      return known;
    }
    const statement = this.sqlite.prepare(sql);
    // Tuples, because rows made by node:sqlite have no prototype, unlike those of pg, and take longer to make.
    statement.setReturnArrays(true);
    const prepared = { statement, columns: statement.columns().map((column) => column.name) };
    this.#statements.set(sql, prepared);
    if (this.#statements.size > statementCacheSize) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    return prepared;
  }
}

function toRow(columns: readonly string[], tuple: readonly unknown[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let index = 0; index < columns.length; index++) row[columns[index]!] = tuple[index];
  return row;
}

class SingleConnectionDriver implements Driver {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(): Promise<void> {
    await this.#connection.patiently(() => this.#connection.sqlite.exec('begin immediate'));
  }

  async commitTransaction(): Promise<void> {
    this.#connection.sqlite.exec('commit');
  }

  async rollbackTransaction(): Promise<void> {
    if (this.#connection.sqlite.isTransaction) this.#connection.sqlite.exec('rollback');
  }

  async destroy(): Promise<void> {
    this.#connection.close();
  }
}

class ConcurrentSqliteAdapter extends SqliteAdapter {
  /** Migrations run inside `begin immediate`, so two processes that start on one file do not both apply them. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** Group commit decides who uses the writer; Kysely's mutex around each query would only cost time. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** Locks of rows are for PostgreSQL: here a transaction that writes is the only one. */
class LocklessQueryCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier !== 'ForShare' && node.modifier !== 'ForUpdate') super.visitSelectModifier(node);
  }
}

/** Kysely's SQLite, on a connection that is open already. */
export function sqliteDialect(connection: SqliteConnection): Dialect {
  return {
    createAdapter: () => new ConcurrentSqliteAdapter(),
    createDriver: () => new SingleConnectionDriver(connection),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new LocklessQueryCompiler(),
  };
}
