import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { readConditions, readMatches, type SentCondition, type SentTag, type TagCondition } from './tag.ts';
import { type Tag, tagsOfAll } from './tag-store.ts';
import {
  countTagged,
  findTagged,
  rarestFirst,
  readTagged,
  type TaggedCertificateRow,
  type TagSearch,
} from './tagged-certificate-store.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'identity'>;

/** As it is sent; an empty list is no condition. */
export interface Search {
  readonly without_any_tag?: boolean;
  readonly tags?: readonly SentCondition[];
  readonly tags_any?: readonly SentCondition[];
  readonly not_tags?: readonly SentCondition[];
  readonly not_tags_any?: readonly SentCondition[];
  readonly matches?: readonly SentTag[];
}

export interface TaggedFound {
  readonly certificate: TaggedCertificateRow;
  readonly tags: Tag[];
}

interface Found {
  /** Of all pages. */
  readonly total: number;
  readonly certificates: readonly TaggedFound[];
}

/** One page of the certificates that fulfil all conditions, newest first. Throws AccessDenied, SCM.0303 to SCM.0314. */
export async function findByTags(
  ports: Ports,
  actor: Actor,
  sent: Search,
  page: { readonly offset: number; readonly limit: number },
): Promise<Found> {
  const search = await authorizedSearch(ports, actor, sent);
  const ids = await findTagged(ports.database, search, page);
  // A page that is not full ends the list, so nothing needs to be counted; one beyond the end says nothing.
  const isLast = ids.length < page.limit && (ids.length > 0 || page.offset === 0);
  return {
    total: isLast ? page.offset + ids.length : await countTagged(ports.database, search),
    certificates: ids.length === 0 ? [] : await withTags(ports, actor.accountId, ids),
  };
}

/** How many certificates fulfil all conditions. Throws as `findByTags`. */
export async function countByTags(ports: Ports, actor: Actor, sent: Search): Promise<number> {
  return countTagged(ports.database, await authorizedSearch(ports, actor, sent));
}

async function authorizedSearch(
  { identity, database }: Ports,
  actor: Actor,
  sent: Search,
): Promise<TagSearch> {
  const ignored = sent.without_any_tag === true;
  const conditions = (list: 'tags' | 'tags_any' | 'not_tags' | 'not_tags_any') =>
    ignored ? [] : readConditions(sent[list] ?? [], list);
  const search = {
    accountId: actor.accountId,
    withoutAnyTag: ignored,
    tags: conditions('tags'),
    tagsAny: conditions('tags_any'),
    notTags: conditions('not_tags'),
    notTagsAny: conditions('not_tags_any'),
    matches: readMatches(sent.matches ?? []),
  };
  const { tags, tagsAny, notTags, notTagsAny } = search;
  const requestedTags = merged([...tags, ...tagsAny, ...notTags, ...notTagsAny]);
  const access = accessRequest('findByTags', { requestedTags });
  const enterpriseProjectIds = await identity.permittedEnterpriseProjects(actor, access);
  return { ...search, enterpriseProjectIds, tags: await rarestFirst(database, actor.accountId, tags) };
}

/** A key that stands in several lists is one condition for policies, with the values of all of them. */
function merged(conditions: readonly TagCondition[]): TagCondition[] {
  const byKey = Map.groupBy(conditions, ({ key }) => key);
  return [...byKey].map(([key, all]) => ({ key, values: [...new Set(all.flatMap(({ values }) => values))] }));
}

async function withTags(
  { database }: Pick<Ports, 'database'>,
  accountId: string,
  ids: readonly string[],
): Promise<TaggedFound[]> {
  const byCertificate = Map.groupBy(await tagsOfAll(database, ids), ({ certificateId }) => certificateId);
  const rows = await readTagged(database, accountId, ids);
  return rows.map((certificate) => ({
    certificate,
    tags: (byCertificate.get(certificate.certificate_id) ?? []).map(({ key, value }) => ({ key, value })),
  }));
}
