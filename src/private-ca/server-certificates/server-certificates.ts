import type { Transaction } from '../../platform/db/index.ts';
import { findAuthoritySummaries } from '../authorities/authority-store.ts';
import { caStatus } from '../ca.ts';
import type { IssuingPorts } from '../certificates/record-certificate.ts';
import { chainFrom } from '../chain.ts';
import { findTagged } from '../tags/tagged-resource-store.ts';
import { ensureAuthority, type OwnAuthority } from './ensure-authority.ts';
import {
  type IssuedServerCertificate,
  issueServerCertificate,
  type ServerCertificateRequest,
} from './issue-server-certificate.ts';
import { type RevocableServerCertificate, revokeServerCertificate } from './revoke-server-certificate.ts';

/** CAs as issuers of TLS server certificates that another capability keeps: here are only their serial numbers and status. */
export interface ServerCertificates {
  /** See `issueServerCertificate`. */
  issue(request: ServerCertificateRequest): Promise<IssuedServerCertificate>;
  /** See `revokeServerCertificate`; `reason` as in RFC 5280 §5.3.1. */
  revoke(transaction: Transaction, certificate: RevocableServerCertificate, reason: string): Promise<void>;
  /** See `ensureAuthority`. */
  ensureAuthority(own: OwnAuthority): Promise<void>;
  /** DER, from the CA itself up to its root; empty if there is no such CA. */
  chain(accountId: string, caId: string): Promise<readonly Uint8Array[]>;
  /** The account's own CAs that have the tag and are ACTIVED, newest first as far as ids tell. */
  findTagged(
    accountId: string,
    tag: { readonly key: string; readonly value: string },
  ): Promise<readonly { readonly caId: string; readonly keyAlgorithm: string }[]>;
}

/** More CAs than one tag is of use for. */
const mostTagged = 100;

export function createServerCertificates(ports: IssuingPorts): ServerCertificates {
  const { clock, database } = ports;
  return {
    issue: (request) => issueServerCertificate(ports, request),
    revoke: (transaction, certificate, reason) =>
      revokeServerCertificate(ports, transaction, certificate, reason),
    ensureAuthority: (own) => ensureAuthority(ports, own),
    chain: (accountId, caId) => chainFrom(database, accountId, caId),
    async findTagged(accountId, { key, value }) {
      const conditions = [{ key, values: [value] }] as const;
      // The operator's configuration is the permission: no user's is asked.
      const everywhere = { name: undefined, enterpriseProjectIds: 'all' } as const;
      const search = { accountId, type: 'ca', conditions, ...everywhere } as const;
      const ids = await findTagged(database, search, { offset: 0, limit: mostTagged });
      if (ids.length === 0) return [];
      const found = await findAuthoritySummaries(database, accountId, ids);
      return found
        .filter((ca) => caStatus(ca, clock.nowMs()) === 'ACTIVED')
        .map((ca) => ({ caId: ca.ca_id, keyAlgorithm: ca.key_algorithm }));
    },
  };
}
