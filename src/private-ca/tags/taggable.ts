import type { Actor } from '../../iam/actor.ts';
import { type AuthorityResponse, presentAuthority } from '../authorities/authority-presentation.ts';
import {
  type AuthoritySummary,
  countAuthorities,
  findAuthoritySummaries,
  listAuthorities,
} from '../authorities/authority-store.ts';
import { loadAuthority } from '../authorities/load-authority.ts';
import type { CertificateSummary } from '../certificates/certificate.ts';
import { type CertificateResponse, presentCertificate } from '../certificates/certificate-presentation.ts';
import { findCertificateSummaries } from '../certificates/certificate-store.ts';
import { getAuthorizedCertificate } from '../certificates/get-certificate.ts';
import { readCertificates } from '../certificates/list-certificates.ts';
import type { PermissionName, RequestedTags } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { TaggedType } from './tag-store.ts';

/** What can be tagged, as far as tags are concerned. */
export interface Taggable {
  readonly type: TaggedType;
  readonly permissions: {
    readonly create: PermissionName;
    readonly delete: PermissionName;
    readonly list: PermissionName;
    readonly listAll: PermissionName;
    readonly find: PermissionName;
  };
  /** The resource, for an actor who may do this to it. Throws AccessDenied, PCA.00030102. */
  load(
    ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
    actor: Actor,
    permission: PermissionName,
    id: string,
    requestedTags?: RequestedTags,
  ): Promise<LoadedResource>;
  /** Those that lists show, newest first, and how many there are; none are read for the limit 0. */
  browse(ports: ReadPorts, accountId: string, page: Page): Promise<FoundPage>;
  /** Those of the account with these ids, in descending order of the ids. */
  readByIds(ports: ReadPorts, accountId: string, ids: readonly string[]): Promise<FoundResource[]>;
}

type ReadPorts = Pick<PrivateCaPorts, 'database' | 'clock' | 'quotas'>;

export interface Page {
  readonly offset: number;
  readonly limit: number;
  /** Part of the common name. */
  readonly name: string | undefined;
  readonly enterpriseProjectIds: 'all' | readonly string[];
}

export interface FoundResource {
  readonly id: string;
  readonly name: string;
  readonly detail: AuthorityResponse | CertificateResponse;
}

export interface FoundPage {
  readonly total: number;
  readonly resources: readonly FoundResource[];
}

export interface LoadedResource {
  readonly id: string;
  readonly name: string;
  readonly isFrozen: boolean;
}

const newestFirst = { sortKey: 'create_time', sortDirection: 'desc' } as const;

export const authorityTags: Taggable = {
  type: 'ca',
  permissions: {
    create: 'createAuthorityTags',
    delete: 'deleteAuthorityTags',
    list: 'listAuthorityTags',
    listAll: 'listAllAuthorityTags',
    find: 'findAuthoritiesByTags',
  },
  async load(ports, actor, permission, id, requestedTags) {
    const ca = await loadAuthority(ports, actor, permission, id, { requestedTags });
    return { id: ca.ca_id, name: ca.common_name, isFrozen: ca.freeze_flag !== 0 };
  },
  async browse({ database, clock }, accountId, page) {
    const nowMs = clock.nowMs();
    const query = { ...page, ...newestFirst, accountId, nowMs };
    const total = await countAuthorities(database, query);
    const rows = page.limit === 0 ? [] : await listAuthorities(database, query);
    return { total, resources: rows.map(foundAuthority(nowMs)) };
  },
  readByIds: async ({ database, clock }, accountId, ids) =>
    (await findAuthoritySummaries(database, accountId, ids)).map(foundAuthority(clock.nowMs())),
};

export const certificateTags: Taggable = {
  type: 'certificate',
  permissions: {
    create: 'createCertificateTags',
    delete: 'deleteCertificateTags',
    list: 'listCertificateTags',
    listAll: 'listAllCertificateTags',
    find: 'findCertificatesByTags',
  },
  async load(ports, actor, permission, id, requestedTags) {
    const found = await getAuthorizedCertificate(ports, actor, permission, id, { requestedTags });
    return { id: found.certificate_id, name: found.common_name, isFrozen: found.freeze_flag !== 0 };
  },
  async browse(ports, accountId, page) {
    const nowMs = ports.clock.nowMs();
    const query = { ...page, ...newestFirst, accountId, nowMs };
    const { total, certificates } = await readCertificates(ports, query);
    return { total, resources: certificates.map(foundCertificate(nowMs)) };
  },
  readByIds: async ({ database, clock }, accountId, ids) =>
    (await findCertificateSummaries(database, accountId, ids)).map(foundCertificate(clock.nowMs())),
};

function foundAuthority(nowMs: number): (ca: AuthoritySummary) => FoundResource {
  return (ca) => ({ id: ca.ca_id, name: ca.common_name, detail: presentAuthority(ca, nowMs) });
}

function foundCertificate(nowMs: number): (certificate: CertificateSummary) => FoundResource {
  return (certificate) => ({
    id: certificate.certificate_id,
    name: certificate.common_name,
    detail: presentCertificate(certificate, nowMs),
  });
}
