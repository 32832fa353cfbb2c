import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { requirePreconditions } from '../key.ts';
import type { Caller, PermissionName } from '../permissions.ts';
import { countTags, deleteTags, upsertTags } from './store.ts';
import { requireTagKey, requireTagValue, type Tag, tagsPerKey } from './tag.ts';

const preconditions = { defaultKeys: 'refused', refusedStates: {} } as const;

async function writeTags(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  { permission, tags }: { readonly permission: PermissionName; readonly tags: readonly Tag[] },
): Promise<void> {
  const key = await openKey(context, caller, { reference: keyId, permission });
  await changeKey(context, caller, key, {
    permission,
    decide: (seen) => {
      requirePreconditions(seen, context.clock, preconditions);
      return {};
    },
    alsoWrite: async (transaction, seen) => {
      await upsertTags(transaction, seen, tags);
      if ((await countTags(transaction, seen.key_id)) > tagsPerKey)
        throw kmsError('KMS.0409', `A key has at most ${tagsPerKey} tags.`);
    },
  });
}

/** Adds a tag, or changes the value of the one that is there. */
export async function createTag(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  tag: Partial<Tag>,
): Promise<void> {
  if (tag.key === undefined) throw kmsError('KMS.0407', 'Send tag with key and value.');
  const checked = { key: requireTagKey(tag.key), value: requireTagValue(tag.value ?? '') };
  await writeTags(context, caller, keyId, { permission: 'createTag', tags: [checked] });
}

export interface BatchTags {
  readonly action: string;
  readonly tags: readonly Partial<Tag>[];
}

function requireTags({ action, tags }: BatchTags): Tag[] {
  if (action !== 'create' && action !== 'delete')
    throw kmsError('KMS.0404', 'action must be create or delete.');
  if (tags.length === 0) throw kmsError('KMS.0401', 'Send at least one tag.');
  if (tags.length > tagsPerKey) throw kmsError('KMS.0407', `Send at most ${tagsPerKey} tags.`);
  const checked = tags.map(({ key = '', value = '' }) => ({
    key: requireTagKey(key),
    // What is to go is named by its key alone.
    value: action === 'create' ? requireTagValue(value) : '',
  }));
  if (new Set(checked.map(({ key }) => key)).size !== checked.length)
    throw kmsError('KMS.0412', 'A tag key stands in the list twice.');
  return checked;
}

/** All of it or nothing; repeating it changes nothing more. */
export async function batchTags(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  input: BatchTags,
): Promise<void> {
  const tags = requireTags(input);
  if (input.action === 'create') await writeTags(context, caller, keyId, { permission: 'batchTags', tags });
  else
    await removeTags(context, caller, keyId, {
      permission: 'batchTags',
      tagKeys: tags.map(({ key }) => key),
    });
}

async function removeTags(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  {
    permission,
    tagKeys,
    mustExist = false,
  }: {
    readonly permission: PermissionName;
    readonly tagKeys: readonly string[];
    readonly mustExist?: boolean;
  },
): Promise<void> {
  const key = await openKey(context, caller, { reference: keyId, permission });
  await changeKey(context, caller, key, {
    permission,
    decide: (seen) => {
      requirePreconditions(seen, context.clock, preconditions);
      return {};
    },
    alsoWrite: async (transaction, seen) => {
      const deleted = await deleteTags(transaction, seen.key_id, tagKeys);
      if (mustExist && deleted === 0) throw kmsError('KMS.0416', `The key has no tag ${tagKeys.join()}.`);
    },
  });
}

/** Throws KMS.0416 if the key has no such tag. */
export async function deleteTag(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  tagKey: string,
): Promise<void> {
  await removeTags(context, caller, keyId, { permission: 'deleteTag', tagKeys: [tagKey], mustExist: true });
}
