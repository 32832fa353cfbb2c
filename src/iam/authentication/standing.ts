import type { Reader } from '../../platform/db/index.ts';
import { findAccessKeyOfAnyAccount } from '../access-keys/store.ts';
import { findAgencyOfAnyAccount } from '../agencies/store.ts';
import type { Grant } from '../policies/decide.ts';
import type { SessionTable, UserTable } from '../tables.ts';
import { findSession } from '../tokens/store.ts';
import { findUserOfAnyAccount } from '../users/store.ts';
import { grantsOfUser, loadGrants } from './load-grants.ts';

/** The credential that authenticated a request: a session, or else the permanent access key of a user. */
export type Standing =
  | { readonly session: SessionTable }
  | { readonly session: undefined; readonly userId: string; readonly accessKey: string };

/** Reads from the rows, not from what is remembered, what policies grant now. Undefined if the credential counts no longer. */
export async function currentGrants(
  reader: Reader,
  standing: Standing,
  nowMs: number,
): Promise<readonly Grant[] | undefined> {
  if (standing.session) return grantsOfSession(reader, standing.session, nowMs);
  const key = await findAccessKeyOfAnyAccount(reader, standing.accessKey);
  const user = key?.status === 'active' ? await findEnabled(reader, standing.userId) : undefined;
  return user && grantsOfUser(reader, user);
}

async function grantsOfSession(
  reader: Reader,
  session: SessionTable,
  nowMs: number,
): Promise<readonly Grant[] | undefined> {
  const current = await findSession(reader, session.token_hash);
  if (!current || current.expires_at <= nowMs) return undefined;
  switch (current.principal_kind) {
    case 'federated':
      return loadGrants(
        reader,
        current.account_id,
        JSON.parse(current.federated_groups ?? '[]') as readonly string[],
      );
    case 'user': {
      const user = await findEnabled(reader, current.principal_id);
      return user?.credentials_version === current.credentials_version
        ? grantsOfUser(reader, user)
        : undefined;
    }
    case 'agency': {
      const assumer = await findEnabled(reader, current.assumed_by ?? '');
      const agency = await findAgencyOfAnyAccount(reader, current.principal_id);
      if (!agency || assumer?.credentials_version !== current.credentials_version) return undefined;
      if (agency.trust_account_id !== assumer.account_id) return undefined;
      if (agency.expires_at !== null && agency.expires_at <= nowMs) return undefined;
      return loadGrants(reader, agency.account_id, [agency.agency_id]);
    }
  }
}

async function findEnabled(reader: Reader, userId: string): Promise<UserTable | undefined> {
  const user = await findUserOfAnyAccount(reader, userId);
  return user?.enabled === 1 ? user : undefined;
}
