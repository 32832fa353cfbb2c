import type { CompiledQuery, Kysely } from 'kysely';
import type { Reader, Transaction } from './database.ts';
import type { SqliteConnection } from './sqlite-dialect.ts';

/** What a query builder is before it is executed. */
interface Compilable<Row> {
  compile(): CompiledQuery<Row>;
}

/** Stands for the value of this name, which differs from one run to the next. */
type Value<Values> = <Name extends keyof Values>(name: Name) => Values[Name];

type Build<Tables, Values, Row> = (tables: Kysely<Tables>, value: Value<Values>) => Compilable<Row>;

/** A value that is put in when the query runs. */
class Placeholder {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

const sqliteConnections = new WeakMap<object, SqliteConnection>();

/** Lets fixed queries of this Kysely run on its connection without a way through it. */
export function registerSqliteConnection(kysely: Kysely<unknown>, connection: SqliteConnection): void {
  sqliteConnections.set(kysely, connection);
}

/**
 * A query whose text never changes, only its values. It is built once for each engine: building costs several times what SQLite
 * needs to run it, so the queries of every issuance are of this kind. Values must not decide the text: no lists, no
 * `is` for null.
 */
class FixedQuery<Tables, Values, Row> {
  readonly #build: Build<Tables, Values, Row>;
  #forSqlite: CompiledQuery<Row> | undefined;
  #forPostgres: CompiledQuery<Row> | undefined;

  constructor(build: Build<Tables, Values, Row>) {
    this.#build = build;
  }

  async run(reader: Reader, values: Values): Promise<{ rows: Row[]; numAffectedRows?: bigint | undefined }> {
    const kysely = reader.tables<Tables>();
    const connection = sqliteConnections.get(kysely);
    if (connection) {
      this.#forSqlite ??= this.#compile(kysely);
      return connection.executeQuery(filled(this.#forSqlite, values));
    }
    this.#forPostgres ??= this.#compile(kysely);
    return kysely.executeQuery(filled(this.#forPostgres, values));
  }

  #compile(kysely: Kysely<Tables>): CompiledQuery<Row> {
    return this.#build(kysely, (name) => new Placeholder(name) as never).compile();
  }
}

function filled<Values, Row>(query: CompiledQuery<Row>, values: Values): CompiledQuery<Row> {
  const parameters = query.parameters.map((parameter) =>
    parameter instanceof Placeholder ? values[parameter.name as keyof Values] : parameter,
  );
  return { ...query, parameters };
}

/** A fixed query that reads; answers its rows. */
export function fixedSelect<Tables, Values>() {
  return <Row>(build: Build<Tables, Values, Row>): ((reader: Reader, values: Values) => Promise<Row[]>) => {
    const query = new FixedQuery(build);
    return async (reader, values) => (await query.run(reader, values)).rows;
  };
}

/** A fixed query that inserts, updates or deletes; answers how many rows it touched. */
export function fixedChange<Tables, Values>(
  build: Build<Tables, Values, unknown>,
): (transaction: Transaction, values: Values) => Promise<number> {
  const query = new FixedQuery(build);
  return async (transaction, values) => Number((await query.run(transaction, values)).numAffectedRows ?? 0n);
}

/** A fixed query that inserts one row; every row has the same columns, none is left out. */
export function fixedInsert<Row extends object>(
  table: string,
): (transaction: Transaction, row: Row) => Promise<void> {
  let columns: readonly string[] = [];
  const insert = fixedChange<Record<string, Record<string, unknown>>, Row>((tables, value) => {
    const placeholders = columns.map((column) => [column, value(column as keyof Row)] as const);
    return tables.insertInto(table).values(Object.fromEntries(placeholders));
  });
  return async (transaction, row) => {
    const given = Object.keys(row);
    if (columns.length === 0) columns = given;
    // One that is missing would be refused as undefined; one more would be lost without a word.
    if (given.length !== columns.length) throw new TypeError(`a row of ${table} has other columns`);
    await insert(transaction, row);
  };
}
