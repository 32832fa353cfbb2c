import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const serialDigits = 19;
const day = 86_400_000;

/**
 * Makes `count` certificates out of the one that is there, in the database file of a server that is stopped. They differ in
 * id, serial number, name and times, as issued ones do; the certificate bytes are the same. Issuing them would take the
 * same minutes in every run and measure nothing that is not measured elsewhere.
 */
export function seedCertificates(dataDir: string, count: number): void {
  const database = new DatabaseSync(databaseFile(dataDir));
  const serial = `printf('%0${serialDigits}d', 1000000000000000000 + n)`;
  const id = `printf('%08x-0000-4000-8000-%012x', n, n)`;
  const shuffled = `((n * 7919) % ${count})`;
  database.exec('BEGIN');
  copyRows(database, 'private_certificates', count, {
    certificate_id: id,
    serial_number: serial,
    common_name: `printf('device-%06d.example.test', ${shuffled})`,
    create_time: `create_time - n * 1000`,
    not_before: `not_before - n * 1000`,
    not_after: `not_after + (${shuffled} % 365) * ${day}`,
  });
  copyRows(
    database,
    'issued_serials',
    count,
    { subject_id: id, serial_number: serial },
    "WHERE kind = 'entity'",
  );
  database.exec(`UPDATE pca_quotas SET used = used + ${count} WHERE resource = 'CERTIFICATE'`);
  database.exec('COMMIT');
  database.exec('ANALYZE');
  database.close();
}

/** What `seedCertificates` made: ids as in its SQL. */
export function seededCertificates(count: number): { certificateId: string; serialNumber: bigint }[] {
  return Array.from({ length: count }, (_, index) => {
    const hex = (digits: number) => (index + 1).toString(16).padStart(digits, '0');
    return {
      certificateId: `${hex(8)}-0000-4000-8000-${hex(12)}`,
      serialNumber: 1_000_000_000_000_000_000n + BigInt(index + 1),
    };
  });
}

/** Adds `count` revoked serial numbers to a CA, in the database file of a server that is stopped. */
export function seedRevoked(dataDir: string, caId: string, count: number): void {
  const database = new DatabaseSync(databaseFile(dataDir));
  database
    .prepare(`
      WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
      INSERT INTO issued_serials
          (issuer_id, serial_number, subject_id, kind, not_after, revoked_at, revocation_reason)
        SELECT ?, printf('%0${serialDigits}d', 1000000000000000000 + n), printf('revoked-%d', n), 'entity', ?, ? + n,
            'KEY_COMPROMISE'
          FROM numbers`)
    .run(count, caId, Date.now() + 365 * day, Date.now() - day);
  database.close();
}

/** How the last CRL of a CA was published; also while the server runs. */
export function readPublication(dataDir: string, caId: string): { entries: number; seconds: number } {
  const database = new DatabaseSync(databaseFile(dataDir), { readOnly: true, timeout: 5_000 });
  const row = database
    .prepare('SELECT published_entries, publication_ms FROM crl_states WHERE ca_id = ?')
    .get(caId);
  database.close();
  return { entries: Number(row?.published_entries ?? 0), seconds: Number(row?.publication_ms ?? 0) / 1_000 };
}

/** Lifts the quota of certificates, so that a benchmark does not stop at it. */
export function liftQuota(dataDir: string): void {
  const database = new DatabaseSync(databaseFile(dataDir));
  const { changes } = database
    .prepare("UPDATE pca_quotas SET quota = 100000000 WHERE resource = 'CERTIFICATE'")
    .run();
  database.close();
  if (changes === 0) throw new Error('there is no quota to lift: issue a certificate first');
}

export const databaseFile = (dataDir: string) => join(dataDir, 'openccm.db');

/** Inserts `count` copies of the first row of `table`, with some columns replaced by expressions over n = 1, 2, … */
export function copyRows(
  database: DatabaseSync,
  table: string,
  count: number,
  replaced: Readonly<Record<string, string>>,
  condition = '',
): void {
  const columns = database
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all()
    .map((row) => String(row.name));
  const values = columns.map((column) => replaced[column] ?? column);
  database.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count}),
      original AS (SELECT * FROM ${table} ${condition} LIMIT 1)
    INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM numbers, original`);
}
