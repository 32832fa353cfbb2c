import type { PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { DatabaseUnavailable } from './database-unavailable.ts';

export interface PostgresDeadlines {
  /** Deadline for a connection, including the wait for a free one. */
  readonly connectMs: number;
  /** Deadline for a statement, at which the server ends it. */
  readonly statementMs: number;
  /** Further time that a hanging server is given before its connection is dropped. */
  readonly graceMs: number;
  /** After which the server ends a transaction whose node abandoned it. */
  readonly idleInTransactionMs: number;
}

/**
 * SQLSTATE codes (PostgreSQL, appendix A) that say the server cannot serve now: lack of resources, intervention by an operator, a server
 * that became a standby. Class 08, connection exceptions, is tested by its prefix.
 */
const unavailableStates: readonly string[] = [
  '25006', // read_only_sql_transaction
  '25P03', // idle_in_transaction_session_timeout
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled, by the deadline of statements
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '58030', // io_error
];

/** After these a connection stays what it is, so it is not used again. */
const spoilingStates: readonly string[] = ['25006'];

/** Time that connections may take to end in order. */
const endMs = 2_000;

/**
 * The part of a `pg` pool that Kysely uses, with deadlines; whatever fails for want of a server is a `DatabaseUnavailable`. Of several hosts
 * it uses the first that can be reached and takes writes, and keeps to it until that one fails.
 */
export class PostgresPool {
  readonly options: object;
  readonly #pools: readonly pg.Pool[];
  readonly #log: Log;
  readonly #deadlines: PostgresDeadlines;
  readonly #clients = new Map<pg.PoolClient, GuardedClient>();
  #current = 0;
  #isEnding = false;

  constructor(urls: readonly string[], config: pg.PoolConfig, deadlines: PostgresDeadlines, log: Log) {
    this.options = config;
    this.#log = log;
    this.#deadlines = deadlines;
    this.#pools = urls.map((connectionString) => this.#open({ ...config, connectionString }));
  }

  async connect(): Promise<PostgresPoolClient> {
    let failure: unknown;
    for (let tried = 0; tried < this.#pools.length; tried++) {
      const index = (this.#current + tried) % this.#pools.length;
      try {
        const client = await this.#connectTo(this.#pools[index]!);
        this.#current = index;
        return client;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Ends all connections, those of a server that hangs after a while by force. */
  async end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const force = setTimeout(() => {
      for (const client of this.#clients.values()) client.drop('it did not end its connections');
    }, endMs);
    await Promise.all(this.#pools.map((pool) => pool.end()));
    clearTimeout(force);
  }

  #open(config: pg.PoolConfig): pg.Pool {
    const pool = new pg.Pool({ ...config, connectionTimeoutMillis: this.#deadlines.connectMs });
    // A broken connection emits 'error' whether or not it is in use, and an unheard 'error' ends the process.
    pool.on('connect', (client) => {
      client.on('error', (error) => this.#broke(client, error));
      this.#clients.set(client, new GuardedClient(client, this.#deadlines));
    });
    pool.on('remove', (client) => this.#clients.delete(client));
    pool.on('error', () => {});
    return pool;
  }

  async #connectTo(pool: pg.Pool): Promise<PostgresPoolClient> {
    let client: pg.PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw new DatabaseUnavailable(reasonOf(error), { cause: error });
    }
    // The pool has emitted 'connect' for it.
    const guarded = this.#clients.get(client)!;
    try {
      await guarded.prepareOnce(() => this.#prepare(guarded));
    } catch (error) {
      guarded.release(true);
      throw error;
    }
    return guarded;
  }

  // Not as parameters of the connection's start: connection poolers refuse those that they do not know.
  async #prepare(client: GuardedClient): Promise<void> {
    const { statementMs, idleInTransactionMs } = this.#deadlines;
    await client.query(`set statement_timeout = ${statementMs}`, []);
    await client.query(`set idle_in_transaction_session_timeout = ${idleInTransactionMs}`, []);
    if (this.#pools.length === 1) return;
    const { rows } = (await client.query('show transaction_read_only', [])) as { rows: readonly object[] };
    if (Object.values(rows[0] ?? {})[0] === 'on') throw new DatabaseUnavailable('the server is a standby');
  }

  #broke(client: pg.PoolClient, error: Error): void {
    this.#clients.get(client)?.broke();
    this.#log.warn({ reason: error.message }, 'a database connection broke');
  }
}

class GuardedClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #deadlineMs: number;
  #isBroken = false;
  #isPrepared = false;

  constructor(client: pg.PoolClient, { statementMs, graceMs }: PostgresDeadlines) {
    this.#client = client;
    this.#deadlineMs = statementMs + graceMs;
  }

  broke(): void {
    this.#isBroken = true;
  }

  async prepareOnce(prepare: () => Promise<void>): Promise<void> {
    if (this.#isPrepared) return;
    await prepare();
    this.#isPrepared = true;
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy || this.#isBroken);
  }

  // Kysely's interface declares a cursor, too; streaming is not configured, so none is ever given.
  query(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<never>>;
  query(cursor: never): never;
  async query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
    const deadline = setTimeout(
      () => this.drop(`it did not answer within ${this.#deadlineMs} ms`),
      this.#deadlineMs,
    );
    try {
      return await this.#client.query(sql, [...parameters]);
    } catch (error) {
      throw this.#translated(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Ends the connection of a server that hangs, which makes the pending query fail. */
  drop(reason: string): void {
    this.#isBroken = true;
    const { connection } = this.#client as unknown as {
      connection: { stream: { destroy(error: Error): void } };
    };
    connection.stream.destroy(new Error(reason));
  }

  #translated(error: unknown): unknown {
    if (error instanceof pg.DatabaseError) {
      const state = error.code ?? '';
      if (spoilingStates.includes(state)) this.#isBroken = true;
      if (!state.startsWith('08') && !unavailableStates.includes(state)) return error;
    } else if (!this.#isBroken && !isConnectionError(error)) return error;
    return new DatabaseUnavailable(reasonOf(error), { cause: error });
  }
}

/** `pg` reports a lost connection as the socket's error or in words of its own, without a code. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return 'errno' in error || /connection terminated|connection error|not queryable/i.test(error.message);
}
