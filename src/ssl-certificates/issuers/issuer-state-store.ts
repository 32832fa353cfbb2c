import {
  insertIfAbsent,
  matches,
  prefixPattern,
  type Reader,
  type Transaction,
} from '../../platform/db/index.ts';
import type { SslCertificateTables, SslIssuerStateTable } from '../tables.ts';

export type IssuerState = SslIssuerStateTable;

export async function findIssuerState(reader: Reader, issuer: string): Promise<IssuerState | undefined> {
  return reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_issuer_states')
    .selectAll()
    .where('issuer', '=', issuer)
    .executeTakeFirst();
}

/** All whose name begins so, in the order of their names. */
export async function listIssuerStates(reader: Reader, prefix: string): Promise<readonly IssuerState[]> {
  return reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_issuer_states')
    .selectAll()
    .where((eb) => matches(eb.ref('issuer'), prefixPattern(prefix)))
    .orderBy('issuer')
    .execute();
}

/** Of several nodes that begin together the first one's state stays; true if it is this one's. */
export async function insertIssuerStateIfAbsent(
  transaction: Transaction,
  issuer: string,
  state: string,
): Promise<boolean> {
  return insertIfAbsent(
    transaction
      .tables<SslCertificateTables>()
      .insertInto('ssl_issuer_states')
      .values({ issuer, state, version: 0 })
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** Changes only the state that was seen; what another node wrote meanwhile stays. */
export async function changeIssuerState(
  transaction: Transaction,
  seen: IssuerState,
  state: string,
): Promise<void> {
  await transaction
    .tables<SslCertificateTables>()
    .updateTable('ssl_issuer_states')
    .set({ state, version: seen.version + 1 })
    .where('issuer', '=', seen.issuer)
    .where('version', '=', seen.version)
    .execute();
}
