import type { PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { DatabaseUnavailable } from './database-unavailable.ts';

export interface PostgresDeadlines {
  /** For a connection, including the wait for a free one. */
  readonly connectMs: number;
  /** For a statement. The server ends it then. */
  readonly statementMs: number;
  /** What a server that hangs is given beyond that, before its connection is dropped. */
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

/** The part of a `pg` pool that Kysely uses, with deadlines; whatever fails for want of a server is a `DatabaseUnavailable`. */
export class PostgresPool {
  readonly options: object;
  readonly #pool: pg.Pool;
  readonly #log: Log;
  readonly #deadlines: PostgresDeadlines;
  readonly #clients = new WeakMap<pg.PoolClient, GuardedClient>();

  constructor(config: pg.PoolConfig, deadlines: PostgresDeadlines, log: Log) {
    this.options = config;
    this.#log = log;
    this.#deadlines = deadlines;
    this.#pool = new pg.Pool({ ...config, connectionTimeoutMillis: deadlines.connectMs });
    // A broken connection emits 'error' whether or not it is in use, and an unheard 'error' ends the process.
    this.#pool.on('connect', (client) => client.on('error', (error) => this.#broke(client, error)));
    this.#pool.on('error', () => {});
  }

  async connect(): Promise<PostgresPoolClient> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw new DatabaseUnavailable(reasonOf(error), { cause: error });
    }
    const known = this.#clients.get(client);
    if (known) return known;
    const guarded = new GuardedClient(client, this.#deadlines);
    try {
      await this.#prepare(guarded);
    } catch (error) {
      guarded.release(true);
      throw error;
    }
    this.#clients.set(client, guarded);
    return guarded;
  }

  async end(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }

  // Not as parameters of the connection's start: connection poolers refuse those that they do not know.
  async #prepare(client: GuardedClient): Promise<void> {
    const { statementMs, idleInTransactionMs } = this.#deadlines;
    await client.query(`set statement_timeout = ${statementMs}`, []);
    await client.query(`set idle_in_transaction_session_timeout = ${idleInTransactionMs}`, []);
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

  constructor(client: pg.PoolClient, { statementMs, graceMs }: PostgresDeadlines) {
    this.#client = client;
    this.#deadlineMs = statementMs + graceMs;
  }

  broke(): void {
    this.#isBroken = true;
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy || this.#isBroken);
  }

  // Kysely's interface declares a cursor, too; streaming is not configured, so none is ever given.
  query(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<never>>;
  query(cursor: never): never;
  async query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
    const deadline = setTimeout(() => this.#drop(), this.#deadlineMs);
    try {
      return await this.#client.query(sql, [...parameters]);
    } catch (error) {
      throw this.#translated(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Ends the connection of a server that hangs, which makes the pending query fail. */
  #drop(): void {
    this.#isBroken = true;
    const { connection } = this.#client as unknown as {
      connection: { stream: { destroy(error: Error): void } };
    };
    connection.stream.destroy(new Error(`it did not answer within ${this.#deadlineMs} ms`));
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
