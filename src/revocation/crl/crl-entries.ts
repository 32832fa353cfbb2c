import type { Progress } from '../../jobs/index.ts';
import type { CrlEntry } from '../../pki/index.ts';
import type { Reader } from '../../platform/db/index.ts';
import type { AuthorityRecords } from '../../private-ca/index.ts';
import { crlReasonOf } from '../reasons.ts';
import { listChanges } from './crl-state-store.ts';

/** Reading a page takes milliseconds, in which SQLite serves nobody else. */
const pageSize = 1_000;

/**
 * How far back of a CRL's thisUpdate its successor looks: longer than a transaction lasts and clocks differ, since what is
 * revoked is timed before it is committed. What is listed twice is listed right.
 */
export const safetyMs = 600_000;

export interface EntrySource {
  readonly reader: Reader;
  readonly records: AuthorityRecords;
  readonly progress: Progress;
}

/**
 * The entries of a complete CRL. RFC 5280 §3.3: an entry stays until it was on a CRL made after the certificate's end, so what
 * ended before the last complete CRL is left out.
 */
export async function* completeEntries(
  { reader, records, progress }: EntrySource,
  caId: string,
  lastThisUpdateMs: number | null,
): AsyncGenerator<CrlEntry> {
  const horizonMs = lastThisUpdateMs === null ? 0 : lastThisUpdateMs - safetyMs;
  let page = await records.listRevoked(reader, caId, undefined, pageSize);
  while (page.length > 0) {
    for (const { serial_number, not_after, revoked_at, revocation_reason } of page) {
      if (not_after < horizonMs && revoked_at < horizonMs) continue;
      yield {
        serialNumber: BigInt(serial_number),
        revokedMs: revoked_at,
        reason: crlReasonOf(revocation_reason),
      };
    }
    progress.note();
    page = await records.listRevoked(reader, caId, page.at(-1), pageSize);
  }
}

/** The entries of a delta: what changed since the complete CRL, as it is now; what is revoked no more is taken off. */
export async function* deltaEntries(
  { reader, records, progress }: EntrySource,
  caId: string,
  baseThisUpdateMs: number,
): AsyncGenerator<CrlEntry> {
  const sinceMs = baseThisUpdateMs - safetyMs;
  let page = await listChanges(reader, caId, sinceMs, undefined, pageSize);
  while (page.length > 0) {
    const found = await records.findSerials(
      reader,
      caId,
      page.map(({ serial_number }) => serial_number),
    );
    const statuses = new Map(found.map((status) => [status.serial_number, status]));
    for (const { serial_number, changed_at } of page) {
      const status = statuses.get(serial_number);
      const serialNumber = BigInt(serial_number);
      yield status?.revoked_at == null
        ? { serialNumber, revokedMs: changed_at, reason: 'removeFromCRL' }
        : { serialNumber, revokedMs: status.revoked_at, reason: crlReasonOf(status.revocation_reason) };
    }
    progress.note();
    page = await listChanges(reader, caId, sinceMs, page.at(-1), pageSize);
  }
}
