import { openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { accessRequest, type Caller } from '../permissions.ts';
import { listProjectTags } from './store.ts';
import type { Tag } from './tag.ts';

export async function listKeyTags(context: KmsContext, caller: Caller, keyId: string): Promise<Tag[]> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'listTags' });
  return key.tags.map((tag) => ({ key: tag.tag_key, value: tag.tag_value }));
}

export interface TagValues {
  readonly key: string;
  readonly values: readonly string[];
}

/** Every tag key of the project with its different values; refused where a policy denies it for some enterprise project. */
export async function listAllTags(context: KmsContext, caller: Caller): Promise<TagValues[]> {
  const request = { ...accessRequest('listTags', caller), openConditions: ['g:EnterpriseProjectId'] };
  await context.identity.authorize(caller.actor, request);
  const rows = await listProjectTags(context.database, caller.actor.accountId, caller.projectId);
  const byKey = new Map<string, string[]>();
  for (const { tag_key: key, tag_value: value } of rows) byKey.set(key, [...(byKey.get(key) ?? []), value]);
  return [...byKey].map(([key, values]) => ({ key, values }));
}
