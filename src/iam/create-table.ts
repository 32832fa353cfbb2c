import type { CreateTableBuilder, Kysely } from 'kysely';

export type Columns = Readonly<Record<string, 'text' | 'bigint' | 'integer' | 'bytea'>>;

/** Columns that end in `?` may be null. */
export async function createTable(
  schema: Kysely<unknown>,
  table: string,
  columns: Columns,
  primaryKey: readonly string[],
  unique: readonly (readonly string[])[] = [],
): Promise<void> {
  let builder: CreateTableBuilder<string, string> = schema.schema.createTable(table);
  for (const [name, type] of Object.entries(columns)) {
    const optional = name.endsWith('?');
    builder = builder.addColumn(optional ? name.slice(0, -1) : name, type, (column) =>
      optional ? column : column.notNull(),
    );
  }
  builder = builder.addPrimaryKeyConstraint(`${table}_pk`, [...primaryKey] as [string]);
  for (const [index, list] of unique.entries())
    builder = builder.addUniqueConstraint(`${table}_unique_${index + 1}`, [...list] as [string]);
  await builder.execute();
}

export async function createIndex(
  schema: Kysely<unknown>,
  table: string,
  columns: readonly string[],
): Promise<void> {
  await schema.schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns([...columns])
    .execute();
}
