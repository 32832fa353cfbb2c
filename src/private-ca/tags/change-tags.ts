import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { pcaError } from '../errors.ts';
import { type PermissionName, permissions } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { mostTags, readNewTags, readTags, type Tag } from './tag.ts';
import { countTags, deleteTags as deleteRows, type TaggedResource, upsertTags } from './tag-store.ts';
import type { Taggable } from './taggable.ts';
import { holdResource } from './tagged-resource-store.ts';

type Ports = Pick<PrivateCaPorts, 'database' | 'identity'>;
type SentTags = readonly { readonly key: string; readonly value?: string }[];

/** Adds tags, or changes the values of those that are there. Throws PCA.00020001, also if there would be more than 20. */
export async function createTags(
  ports: Ports,
  actor: Actor,
  taggable: Taggable,
  id: string,
  sent: SentTags,
): Promise<void> {
  const tags = readNewTags(sent);
  await changeTags(ports, actor, { taggable, permission: taggable.permissions.create, id, tags }, write);

  async function write(transaction: Transaction, resource: TaggedResource): Promise<void> {
    await upsertTags(transaction, resource, tags);
    if ((await countTags(transaction, resource.resource_id)) > mostTags)
      throw pcaError('PCA.00020001', `tags would be more than ${mostTags} then; delete others first.`);
  }
}

/** Deletes the tags that have key and value as they are sent; a tag that is not there is gone already. Throws PCA.00020001. */
export async function deleteTags(
  ports: Ports,
  actor: Actor,
  taggable: Taggable,
  id: string,
  sent: SentTags,
): Promise<void> {
  const tags = readTags(sent);
  await changeTags(
    ports,
    actor,
    { taggable, permission: taggable.permissions.delete, id, tags },
    (transaction, resource) => deleteRows(transaction, resource.resource_id, tags),
  );
}

interface Change {
  readonly taggable: Taggable;
  readonly permission: PermissionName;
  readonly id: string;
  readonly tags: readonly Tag[];
}

async function changeTags(
  ports: Ports,
  actor: Actor,
  { taggable, permission, id, tags }: Change,
  write: (transaction: Transaction, resource: TaggedResource) => Promise<void>,
): Promise<void> {
  const requested = tags.map(({ key, value }) => ({ key, values: [value] }));
  const loaded = await taggable.load(ports, actor, permission, id, requested);
  if (loaded.isFrozen) throw pcaError('PCA.00030202');
  const resource: TaggedResource = {
    resource_type: taggable.type,
    resource_id: loaded.id,
    account_id: actor.accountId,
  };
  await ports.database.transaction(async (transaction) => {
    if (!(await holdResource(transaction, resource))) throw pcaError('PCA.00030102');
    await write(transaction, resource);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions[permission].action,
      resourceType: taggable.type,
      resourceId: loaded.id,
      resourceName: loaded.name,
      result: 'success',
      detail: `tags ${tags.map(({ key }) => key).join(', ')}`,
    });
  });
}
