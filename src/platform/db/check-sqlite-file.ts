import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const worker = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const problems = [];
try {
  const sqlite = new DatabaseSync(workerData.file, { readOnly: true, timeout: 10000 });
  for (const row of sqlite.prepare('pragma integrity_check(20)').all()) problems.push(Object.values(row)[0]);
  sqlite.close();
} catch (error) {
  // SQLITE_CORRUPT and SQLITE_NOTADB; whatever else fails says nothing about the file.
  if (![11, 26].includes(error.errcode & 0xff)) throw error;
  problems.push(error.message);
}
parentPort.postMessage(problems);
`;

/** Runs SQLite's integrity check in a thread, since it reads the whole file; the problems found, at most 20. */
export async function checkSqliteFile(file: string): Promise<readonly string[]> {
  const thread = new Worker(worker, { eval: true, workerData: { file } });
  // `once` rejects when the thread emits 'error'.
  const [problems] = (await once(thread, 'message')) as [readonly string[]];
  await thread.terminate();
  return problems.filter((problem) => problem !== 'ok');
}
