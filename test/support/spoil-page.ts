import { readFile, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';

const pageBytes = 4_096;

/** Overwrites the first page of a table or an index, as a disk that fails or a copy that was torn does. The database is closed. */
export async function spoilPage(file: string, name: string): Promise<void> {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  const row = sqlite.prepare('select rootpage from sqlite_master where name = ?').get(name);
  sqlite.close();
  if (!row) throw new Error(`${file} has no ${name}`);
  const page = Number(row.rootpage);
  await writeFile(file, (await readFile(file)).fill(0xff, (page - 1) * pageBytes, page * pageBytes));
}
