import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { Tag } from './tag.ts';
import { listPairs, listTags as listRows } from './tag-store.ts';
import type { Taggable } from './taggable.ts';

type Ports = Pick<PrivateCaPorts, 'database' | 'identity'>;

/** The tags of one resource, by key. Throws AccessDenied, PCA.00030102. */
export async function listTags(ports: Ports, actor: Actor, taggable: Taggable, id: string): Promise<Tag[]> {
  const resource = await taggable.load(ports, actor, taggable.permissions.list, id);
  return listRows(ports.database, resource.id);
}

export interface TagValues {
  readonly key: string;
  readonly values: string[];
}

/** Each key in use in the account, with its values; refused where a policy denies it for some enterprise project. Throws AccessDenied. */
export async function listAllTags(ports: Ports, actor: Actor, taggable: Taggable): Promise<TagValues[]> {
  await ports.identity.authorize(actor, accessRequest(taggable.permissions.listAll, { forAnyProject: true }));
  const byKey = new Map<string, string[]>();
  for (const { key, value } of await listPairs(ports.database, actor.accountId, taggable.type)) {
    const values = byKey.get(key);
    if (values) values.push(value);
    else byKey.set(key, [value]);
  }
  return [...byKey].map(([key, values]) => ({ key, values }));
}
