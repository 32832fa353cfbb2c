import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, type KyselyPlugin, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.ts';
import type { Database, Transaction } from './database.ts';
import type { CommitObserver } from './group-commit.ts';
import { type AllowNewDatabase, type Migrations, migrate } from './migrate.ts';
import { OpenTransaction, refuseNestedTransaction } from './open-transaction.ts';
import { urlsOfHosts } from './postgres-hosts.ts';
import { type PostgresDeadlines, PostgresPool } from './postgres-pool.ts';
import { probeSettings } from './settings.ts';

export interface PostgresOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly migrations: Migrations;
  readonly log: Log;
  readonly observe: CommitObserver;
  readonly allowNew?: AllowNewDatabase | undefined;
  /** Shorter in tests only. */
  readonly deadlines?: PostgresDeadlines;
}

/** No statement of a request takes a tenth of this: one that does waits for a lock or for a disk. */
const usualDeadlines: PostgresDeadlines = {
  connectMs: 5_000,
  statementMs: 10_000,
  // A node that dies within a transaction must not keep its locks until TCP notices.
  idleInTransactionMs: 60_000,
  graceMs: 1_000,
};
const probeDeadlines: PostgresDeadlines = {
  connectMs: 900,
  statementMs: 400,
  idleInTransactionMs: 1_000,
  graceMs: 500,
};
const longestMigrationMs = 3_600_000;
const mostAttempts = 12;

/** Object identifiers of pg_type. */
const boolType = 16;
const byteaType = 17;
const int8Type = 20;
const numericType = 1700;

class PostgresDatabase implements Database {
  readonly engine = 'postgres';
  readonly #kysely: Kysely<unknown>;
  readonly #reader: Kysely<unknown>;
  readonly #pool: PostgresPool;
  readonly #probing: Kysely<unknown>;
  readonly #probingPool: PostgresPool;
  readonly #observe: CommitObserver;

  constructor(pool: PostgresPool, probingPool: PostgresPool, observe: CommitObserver) {
    this.#pool = pool;
    this.#probingPool = probingPool;
    this.#kysely = overPool(pool);
    this.#probing = overPool(probingPool);
    this.#reader = this.#kysely.withPlugin(refuseWrites);
    this.#observe = observe;
  }

  tables<Tables>(): Kysely<Tables> {
    return this.#reader as unknown as Kysely<Tables>;
  }

  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    refuseNestedTransaction();
    for (let attempt = 1; ; attempt++) {
      try {
        const startMs = performance.now();
        // Read committed, PostgreSQL's default: conditional updates and unique indexes carry the invariants, and a hot row
        // (a quota) makes its writers wait for one another instead of failing them.
        const result = await this.#kysely
          .transaction()
          .execute((kysely) => new OpenTransaction(kysely).run(work));
        this.#observe(1, performance.now() - startMs);
        return result;
      } catch (error) {
        if (attempt === mostAttempts || !isRetryable(error)) throw error;
        await sleep(Math.min(2 ** attempt, 250));
      }
    }
  }

  async probe(): Promise<void> {
    await probeSettings(this.#probing, String(performance.now()));
  }

  async checkIntegrity(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    await Promise.all([this.#kysely.destroy(), this.#probing.destroy()]);
    // Kysely ends only a pool that it has used.
    await Promise.all([this.#pool.end(), this.#probingPool.end()]);
  }
}

function overPool(pool: PostgresPool): Kysely<unknown> {
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
}

export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { log, observe, deadlines = usualDeadlines } = options;
  const urls = urlsOfHosts(options.url) ?? [options.url];
  const config = {
    max: options.poolSize,
    application_name: 'openccm',
    keepAlive: true,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  };
  // A migration may rewrite a large table, so it has connections without the usual deadline of statements.
  await applyMigrations(
    new PostgresPool(urls, config, { ...deadlines, statementMs: longestMigrationMs }, log),
    options,
  );
  const probing = new PostgresPool(urls, { ...config, max: 1 }, probeDeadlines, log);
  return new PostgresDatabase(new PostgresPool(urls, config, deadlines, log), probing, observe);
}

async function applyMigrations(pool: PostgresPool, { migrations, allowNew }: PostgresOptions): Promise<void> {
  const kysely = overPool(pool);
  try {
    await migrate(kysely, migrations, allowNew);
  } finally {
    await kysely.destroy();
  }
}

/** serialization_failure and deadlock_detected (PostgreSQL, appendix A): nothing was written, trying again may succeed. */
function isRetryable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === '40001' || code === '40P01';
}

const parsers = new Map<number, (value: string) => unknown>([
  [boolType, (value) => (value === 't' ? 1 : 0)],
  [int8Type, parseInteger],
  // The type of sum(bigint).
  [numericType, (value) => (/^-?\d+$/.test(value) ? parseInteger(value) : Number(value))],
  [byteaType, parseBytea],
]);

function typeParser(type: number, format?: 'text' | 'binary'): (value: string) => unknown {
  return (format !== 'binary' && parsers.get(type)) || pg.types.getTypeParser(type, format ?? 'text');
}

function parseInteger(value: string): number {
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed)) throw new RangeError(`${value} from the database is too large a number`);
  return parsed;
}

function parseBytea(value: string): Uint8Array {
  // bytea_output = hex, the default since 9.0.
  const bytes = Buffer.from(value.slice(2), 'hex');
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const writingNodes: readonly string[] = [
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
  'MergeQueryNode',
];

/** On SQLite the reading connection cannot write; here nothing else would notice a write without its transaction. */
const refuseWrites: KyselyPlugin = {
  transformQuery: ({ node }) => {
    if (writingNodes.includes(node.kind)) throw new Error('what changes data belongs into a transaction');
    return node;
  },
  transformResult: async ({ result }) => result,
};
