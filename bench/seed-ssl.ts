import { DatabaseSync } from 'node:sqlite';
import { copyRows, databaseFile } from './seed.ts';

const day = 86_400_000;
const firstId = 1_500_000_000_000;
/** So many different values of the tag `team`, which every certificate has; one in a thousand has the tag `rare` too. */
export const teams = 50;

/**
 * Makes `count` certificates out of the one with tags that is there, in the database file of a server that is stopped. They differ in id,
 * name, times and tags; certificate and key are the same.
 */
export function seedSslCertificates(dataDir: string, count: number): void {
  const database = new DatabaseSync(databaseFile(dataDir));
  const certificate_id = `printf('scs%013d', ${firstId} + n)`;
  const shuffled = `((n * 7919) % ${count})`;
  const times = {
    updated_at: 'updated_at - n * 1000',
    not_after: `not_after - (${shuffled} % 365) * ${day}`,
    search_text: `printf('device-%06d', ${shuffled}) || substr(search_text, instr(search_text, char(10)))`,
  };
  const name = `printf('device-%06d', ${shuffled})`;
  database.exec('BEGIN');
  copyRows(database, 'ssl_certificates', count, { certificate_id, name, ...times });
  copyRows(database, 'ssl_certificate_listings', count, { certificate_id, ...times });
  copyRows(database, 'ssl_certificate_ids', count, { certificate_id });
  const team = { certificate_id, value: `printf('team-%02d', ${shuffled} % ${teams})` };
  copyRows(database, 'ssl_certificate_tags', count, team, "WHERE key = 'team'");
  const rare = { certificate_id: `printf('scs%013d', ${firstId} + n * 1000)` };
  copyRows(database, 'ssl_certificate_tags', Math.floor(count / 1000), rare, "WHERE key = 'rare'");
  database.exec(`UPDATE ssl_certificate_counts SET total = total + ${count} WHERE status = 'UPLOAD'`);
  database.exec('COMMIT');
  database.exec('ANALYZE');
  database.close();
}

/** Ids of what `seedSslCertificates` made. */
export function seededSslCertificates(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `scs${firstId + index + 1}`);
}
