import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Caller } from '../permissions.ts';
import { aliasNameOf } from './alias-name.ts';
import { deleteAliases as deleteAliasRows } from './store.ts';

/** All of them or none; the key stays. Throws KMS.0308 if one is not on the key. */
export async function deleteAliases(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  aliases: readonly string[],
): Promise<void> {
  const names = [...new Set(aliases.map(aliasNameOf))];
  if (names.length === 0) throw kmsError('KMS.0308', 'aliases must name at least one.');
  const key = await openKey(context, caller, { reference: keyId, permission: 'deleteAlias' });
  await changeKey(context, caller, key, {
    permission: 'deleteAlias',
    detail: `aliases ${names.join(', ')}`,
    decide: () => ({}),
    alsoWrite: async (transaction) => {
      if ((await deleteAliasRows(transaction, key.key_id, names)) !== names.length)
        throw kmsError('KMS.0308', 'Not every one of aliases is on the key.');
    },
  });
}
