import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { readConditions, readMatches, type Tag, type TagCondition } from './tag.ts';
import { listTagsOfAll } from './tag-store.ts';
import type { FoundPage, FoundResource, Page, Taggable } from './taggable.ts';
import { countTagged, findTagged, type TagSearch } from './tagged-resource-store.ts';

type Ports = Pick<PrivateCaPorts, 'database' | 'clock' | 'identity' | 'quotas'>;

/** As it is sent. */
export interface Search {
  readonly tags: readonly TagCondition[];
  readonly matches: readonly { readonly key: string; readonly value?: string }[];
  readonly offset: number;
  readonly limit: number;
}

export type TaggedFound = FoundResource & { readonly tags: Tag[] };

/** One page of the resources that fulfil all conditions and that the actor may see, newest first, and how many there are. Throws AccessDenied, PCA.00020001. */
export async function findByTags(
  ports: Ports,
  actor: Actor,
  taggable: Taggable,
  search: Search,
): Promise<{ readonly total: number; readonly resources: readonly TaggedFound[] }> {
  const conditions = readConditions(search.tags);
  const name = readMatches(search.matches);
  const request = accessRequest(taggable.permissions.find, { requestedTags: conditions });
  const enterpriseProjectIds = await ports.identity.permittedEnterpriseProjects(actor, request);
  const page: Page = { offset: search.offset, limit: search.limit, name, enterpriseProjectIds };
  const { total, resources } = await find(ports, actor.accountId, taggable, conditions, page);
  return { total, resources: await withTags(ports, resources) };
}

/**
 * How many resources fulfil all conditions. No permission is asked for (reference 4.2.4.7), but a Deny of the search holds, in whatever
 * enterprise project it is. Throws AccessDenied, PCA.00020001.
 */
export async function countByTags(
  ports: Ports,
  actor: Actor,
  taggable: Taggable,
  search: Pick<Search, 'tags' | 'matches'>,
): Promise<number> {
  const conditions = readConditions(search.tags);
  const page: Page = { offset: 0, limit: 0, name: readMatches(search.matches), enterpriseProjectIds: 'all' };
  const target = { requestedTags: conditions, forAnyProject: true };
  const request = accessRequest(taggable.permissions.find, target);
  const decision = ports.identity.decide(actor, request);
  if (decision === 'denied explicitly') await ports.identity.refuse(actor, request, decision);
  return (await find(ports, actor.accountId, taggable, conditions, page)).total;
}

async function find(
  ports: Ports,
  accountId: string,
  taggable: Taggable,
  [first, ...others]: readonly TagCondition[],
  page: Page,
): Promise<FoundPage> {
  if (first === undefined) return taggable.browse(ports, accountId, page);
  const { database } = ports;
  const { name, enterpriseProjectIds } = page;
  const conditions = [first, ...others] as const;
  const search: TagSearch = { accountId, type: taggable.type, conditions, name, enterpriseProjectIds };
  const ids = page.limit === 0 ? [] : await findTagged(database, search, page);
  // A page that is not full ends the list, so nothing needs to be counted; one beyond the end says nothing.
  const isLast = ids.length < page.limit && (ids.length > 0 || page.offset === 0);
  return {
    total: isLast ? page.offset + ids.length : await countTagged(database, search),
    resources: ids.length === 0 ? [] : await taggable.readByIds(ports, accountId, ids),
  };
}

async function withTags(
  { database }: Pick<Ports, 'database'>,
  resources: readonly FoundResource[],
): Promise<TaggedFound[]> {
  if (resources.length === 0) return [];
  const ids = resources.map(({ id }) => id);
  const byResource = Map.groupBy(await listTagsOfAll(database, ids), ({ resourceId }) => resourceId);
  return resources.map((resource) => ({
    ...resource,
    tags: (byResource.get(resource.id) ?? []).map(({ key, value }) => ({ key, value })),
  }));
}
