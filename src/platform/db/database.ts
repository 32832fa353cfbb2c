import type { Kysely } from 'kysely';

/**
 * Typed access to tables. Each capability's store names its own tables in an interface and asks for just those:
 * `reader.tables<PrivateCaTables>().selectFrom('certificate_authorities')`.
 */
export interface Reader {
  tables<Tables>(): Kysely<Tables>;
}

/**
 * A transaction that is open. It is opened in a verb and passed down to stores. No signing, key store or network call inside it: on
 * SQLite transactions run one after the other and share a commit, so everybody waits.
 */
export interface Transaction extends Reader {
  readonly kind: 'transaction';
}

export interface Database extends Reader {
  readonly engine: 'sqlite' | 'postgres';
  /**
   * Runs `work` atomically and resolves after the commit is durable (SQLite: WAL, synchronous=FULL, one fsync for all that
   * wait together). A throw in `work` undoes only that work. Retries on serialisation failures of PostgreSQL, so
   * `work` must be repeatable: it touches nothing but the database.
   */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /**
   * Writes and reads on a connection of its own, so that neither a busy pool nor a long queue decides. Throws `DatabaseUnavailable`,
   * after a second at most.
   */
  probe(): Promise<void>;
  /** Reads the whole database; the problems it finds, none if it is sound. PostgreSQL checks itself: see its `amcheck`. */
  checkIntegrity(): Promise<readonly string[]>;
  close(): Promise<void>;
}
