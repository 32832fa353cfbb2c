import {
  type CreateTableBuilder,
  type Expression,
  type ExpressionWrapper,
  type InsertResult,
  type Kysely,
  type SqlBool,
  SqliteAdapter,
  sql,
} from 'kysely';
import type { Reader } from './database.ts';

/**
 * The table, its rows in the order of the primary key where the engine can keep them so (SQLite): what has the same beginning of the
 * key is read as one piece. For narrow rows.
 */
export function clusteredByKey<Table extends string, Columns extends string>(
  db: Kysely<unknown>,
  table: CreateTableBuilder<Table, Columns>,
): CreateTableBuilder<Table, Columns> {
  return isSqlite(db) ? table.modifyEnd(sql`without rowid`) : table;
}

function isSqlite(db: Kysely<unknown>): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}

/**
 * Whether the engine chooses an index by what it knows of the rows (PostgreSQL) and is best left alone. SQLite goes by the form of the
 * query: a column within an expression is none that it looks up.
 */
export function choosesIndexByRows(reader: Reader): boolean {
  return !isSqlite(reader.tables<unknown>() as Kysely<unknown>);
}

/** The pattern that finds `text` anywhere, its own wildcards taken literally; for `like` with `escape '\'`. */
export function containsPattern(text: string): string {
  return `%${escapeWildcards(text)}%`;
}

/** The pattern that finds what begins with `text`; an index on the column serves it. */
export function prefixPattern(text: string): string {
  return `${escapeWildcards(text)}%`;
}

function escapeWildcards(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/** `column like pattern escape '\'`, case-sensitive on both engines: `where((eb) => matches(eb.ref('name'), containsPattern(text)))`. */
export function matches(
  column: Expression<string | null>,
  pattern: string,
): ExpressionWrapper<never, never, SqlBool> {
  return sql<SqlBool>`${column} like ${pattern} escape '\\'` as unknown as ExpressionWrapper<
    never,
    never,
    SqlBool
  >;
}

/**
 * Runs `insertInto(...).values(...).onConflict((conflict) => conflict.doNothing())`; true if the row is new. On PostgreSQL an
 * error inside a transaction ends it, so a row that may exist already is inserted this way, not by catching the violation.
 */
export async function insertIfAbsent(insert: {
  executeTakeFirst(): Promise<InsertResult | undefined>;
}): Promise<boolean> {
  const result = await insert.executeTakeFirst();
  return result?.numInsertedOrUpdatedRows === 1n;
}

/** SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_ROWID (SQLite, "Result and Error Codes"). */
const sqliteViolations: readonly unknown[] = [2067, 1555, 2579];

/**
 * True if a unique index or primary key refused a row. To be asked outside the transaction, which it has undone.
 */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error && sqliteViolations.includes(error.errcode)) return true;
  // unique_violation (PostgreSQL, appendix A).
  return 'code' in error && error.code === '23505';
}
