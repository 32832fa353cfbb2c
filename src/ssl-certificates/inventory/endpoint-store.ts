import type { Kysely, Selectable, Updateable } from 'kysely';
import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';
import type { SslCertificateTables, SslWatchedEndpointTable } from '../tables.ts';

interface EndpointTable extends SslWatchedEndpointTable {
  /** What clients that trust the public CAs say to the certificate; null until one was seen. */
  verdict: string | null;
}

export type Endpoint = Selectable<EndpointTable>;

type Tables = Omit<SslCertificateTables, 'ssl_watched_endpoints'> & { ssl_watched_endpoints: EndpointTable };

function tables(reader: Reader): Kysely<Tables> {
  return reader.tables<Tables>();
}

/** False if the account watches this place already. */
export function insertEndpoint(transaction: Transaction, endpoint: Endpoint): Promise<boolean> {
  return insertIfAbsent(
    tables(transaction)
      .insertInto('ssl_watched_endpoints')
      .values(endpoint)
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** Another account's endpoint is not found. */
export function findEndpoint(
  reader: Reader,
  accountId: string,
  endpointId: string,
): Promise<Endpoint | undefined> {
  return tables(reader)
    .selectFrom('ssl_watched_endpoints')
    .selectAll()
    .where('endpoint_id', '=', endpointId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/** The latest first. */
export function listEndpoints(
  reader: Reader,
  accountId: string,
  page: { readonly offset: number; readonly limit: number },
): Promise<Endpoint[]> {
  return tables(reader)
    .selectFrom('ssl_watched_endpoints')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .orderBy('endpoint_id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

export async function countEndpoints(reader: Reader, accountId: string): Promise<number> {
  const counted = await tables(reader)
    .selectFrom('ssl_watched_endpoints')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return counted.total;
}

/** Accounts with endpoints that nobody looked at since then. */
export async function accountsWithStale(reader: Reader, probedBeforeMs: number): Promise<string[]> {
  const rows = await tables(reader)
    .selectFrom('ssl_watched_endpoints')
    .select('account_id')
    .distinct()
    .where('probed_at', '<=', probedBeforeMs)
    .execute();
  return rows.map((row) => row.account_id);
}

/** Lists endpoints of an account that nobody looked at since then, the longest ago first. */
export function findStale(
  reader: Reader,
  accountId: string,
  probedBeforeMs: number,
  limit: number,
): Promise<Endpoint[]> {
  return tables(reader)
    .selectFrom('ssl_watched_endpoints')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('probed_at', '<=', probedBeforeMs)
    .orderBy('probed_at')
    .limit(limit)
    .execute();
}

/** Undefined if it is gone, or was looked at by another since it was seen. */
export async function changeEndpoint(
  transaction: Transaction,
  seen: Endpoint,
  change: Updateable<
    Pick<
      EndpointTable,
      | 'probed_at'
      | 'last_failure'
      | 'fingerprint'
      | 'subject'
      | 'not_after'
      | 'certificate_der'
      | 'verdict'
      | 'notified'
    >
  >,
): Promise<Endpoint | undefined> {
  return tables(transaction)
    .updateTable('ssl_watched_endpoints')
    .set(change)
    .where('endpoint_id', '=', seen.endpoint_id)
    .where('account_id', '=', seen.account_id)
    .where('probed_at', '=', seen.probed_at)
    .where('notified', '=', seen.notified)
    .returningAll()
    .executeTakeFirst();
}

/** False if there is none. */
export async function removeEndpoint(
  transaction: Transaction,
  accountId: string,
  endpointId: string,
): Promise<boolean> {
  const result = await tables(transaction)
    .deleteFrom('ssl_watched_endpoints')
    .where('endpoint_id', '=', endpointId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Certificates of the account that are kept here, by their fingerprints; of several that are the same the first. */
export async function certificatesByFingerprint(
  reader: Reader,
  accountId: string,
  fingerprints: readonly string[],
): Promise<Map<string, string>> {
  if (fingerprints.length === 0) return new Map();
  const rows = await tables(reader)
    .selectFrom('ssl_certificates')
    .select(['fingerprint', 'certificate_id'])
    .where('account_id', '=', accountId)
    .where('fingerprint', 'in', fingerprints)
    .orderBy('certificate_id', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.fingerprint!, row.certificate_id]));
}
