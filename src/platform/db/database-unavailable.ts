/**
 * The database cannot be reached, did not answer in time or cannot store anything. A transaction that fails with it may have been
 * committed if the connection broke during its commit.
 */
export class DatabaseUnavailable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`The database is unavailable: ${reason}`, options);
    this.name = 'DatabaseUnavailable';
  }
}

/** SQLite's primary result codes that say the file cannot be read or written now (SQLite, "Result and Error Codes"). */
const unavailableCodes = new Map([
  [5, 'another process keeps it locked'],
  [6, 'it is locked'],
  [8, 'it is read-only'],
  [10, 'its disk fails'],
  [11, 'its file is malformed'],
  [13, 'its disk is full'],
  [14, 'its file cannot be opened'],
  [26, 'its file is not a database'],
]);

const busyCode = 5;
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const corruptCodes: readonly unknown[] = [11, 26];

export function isSqliteBusy(error: unknown): boolean {
  return primaryCodeOf(error) === busyCode;
}

export function isSqliteCorrupt(error: unknown): boolean {
  return corruptCodes.includes(primaryCodeOf(error));
}

/** An error of `node:sqlite`; what says that the database cannot be used becomes a `DatabaseUnavailable`. */
export function translateSqliteError(error: unknown): unknown {
  const reason = unavailableCodes.get(primaryCodeOf(error) ?? 0);
  return reason === undefined ? error : new DatabaseUnavailable(reason, { cause: error });
}

/** The low byte of an extended result code is its primary code. */
function primaryCodeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;
}
