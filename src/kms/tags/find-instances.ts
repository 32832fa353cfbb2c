import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { accessRequest, type Caller } from '../permissions.ts';
import { type PageNumber, parsePageNumber } from '../queries/page.ts';
import type { KeyTable } from '../tables.ts';
import { countInstances, type InstanceFilter, listInstances, listTagsOf } from './store.ts';
import type { Tag } from './tag.ts';

export interface FindInstances {
  /** `filter` (default) or `count`. */
  readonly action: string | undefined;
  readonly limit: PageNumber;
  readonly offset: PageNumber;
  readonly tags: readonly { readonly key?: string; readonly values?: readonly string[] }[] | undefined;
  readonly matches: readonly { readonly key?: string; readonly value?: string }[] | undefined;
}

export interface Instance {
  readonly key: KeyTable;
  readonly tags: readonly Tag[];
}

export interface FoundInstances {
  readonly total: number;
  /** Undefined when only counted. */
  readonly instances: Instance[] | undefined;
}

const maxTags = 10;
const maxValues = 10;

function requireTags(tags: FindInstances['tags'] = []): InstanceFilter['tags'] {
  if (tags.length > maxTags) throw kmsError('KMS.0414', `Send at most ${maxTags} tags.`);
  const checked = tags.map(({ key = '', values = [] }) => {
    if (key === '' || [...key].length > 36) throw kmsError('KMS.0411', 'A tag key has 1 to 36 characters.');
    if (values.length > maxValues) throw kmsError('KMS.0413', `Send at most ${maxValues} values of a tag.`);
    if (values.some((value) => [...value].length > 43))
      throw kmsError('KMS.0410', 'A tag value has at most 43 characters.');
    return { key, values };
  });
  if (new Set(checked.map(({ key }) => key)).size !== checked.length)
    throw kmsError('KMS.0414', 'A tag key stands in tags twice.');
  return checked;
}

function requireMatches(matches: FindInstances['matches'] = []): string[] {
  if (matches.length > 1) throw kmsError('KMS.0415', 'resource_name can be matched once.');
  return matches.map(({ key, value = '' }) => {
    if (key !== 'resource_name') throw kmsError('KMS.0403', 'The key of a match must be resource_name.');
    if (value === '' || value.length > 255)
      throw kmsError('KMS.0402', 'The value of a match has 1 to 255 characters.');
    return value;
  });
}

function requirePage({ action, limit, offset }: FindInstances): { limit: number; offset: number } {
  const skip = parsePageNumber(offset, 'KMS.0417', { name: 'offset', min: 0, max: 999_999_999 });
  const size = parsePageNumber(limit, 'KMS.1601', { name: 'limit', min: 1, max: 1000 });
  if (action === 'count' && (skip !== undefined || size !== undefined))
    throw kmsError('KMS.0418', 'limit and offset go with action filter only.');
  return { limit: size ?? 10, offset: skip ?? 0 };
}

/** Customer keys of the project by tags and alias, of enterprise projects that the caller may see; default keys are left out. */
export async function findInstances(
  context: KmsContext,
  caller: Caller,
  input: FindInstances,
): Promise<FoundInstances> {
  if (input.action !== undefined && input.action !== 'filter' && input.action !== 'count')
    throw kmsError('KMS.0404', 'action must be filter or count.');
  const page = requirePage(input);
  const sought = {
    accountId: caller.actor.accountId,
    projectId: caller.projectId,
    tags: requireTags(input.tags),
    aliasParts: requireMatches(input.matches),
  };
  const request = accessRequest('listInstances', caller);
  const enterpriseProjectIds = await context.identity.permittedEnterpriseProjects(caller.actor, request);
  const filter: InstanceFilter = { ...sought, enterpriseProjectIds };
  const { database, clock } = context;
  const total = await countInstances(database, clock, filter);
  if (input.action === 'count') return { total, instances: undefined };
  const keys = await listInstances(database, clock, filter, page);
  const tags = await listTagsOf(
    database,
    keys.map((key) => key.key_id),
  );
  const tagsOf = (keyId: string) =>
    tags.filter((tag) => tag.key_id === keyId).map((tag) => ({ key: tag.tag_key, value: tag.tag_value }));
  return { total, instances: keys.map((key) => ({ key, tags: tagsOf(key.key_id) })) };
}
