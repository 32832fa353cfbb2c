import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';
import type { AliasTable } from '../tables.ts';
import { aliasNameOf } from './alias-name.ts';
import { aliasesPerKey, aliasPreconditions } from './create-alias.ts';
import { countAliases, findAlias, moveAlias } from './store.ts';

/** Moves an alias to another key of the same usage. Throws KMS.1101 for an alias that there is not. */
export async function associateAlias(
  context: KmsContext,
  caller: Caller,
  alias: string,
  targetKeyId: string,
): Promise<AliasTable> {
  const name = aliasNameOf(alias);
  const permission = 'associateAlias';
  const target = await openKey(context, caller, { reference: targetKeyId, permission });
  const row = await findAlias(context.database, caller.actor.accountId, name);
  if (!row) throw kmsError('KMS.1101', `The account has no alias ${name}.`);
  const source = await openKey(context, caller, { reference: row.key_id, permission });
  if (source.key_usage !== target.key_usage)
    throw kmsError(
      'KMS.0308',
      `target_key_id must be of usage ${source.key_usage}, as the key of the alias.`,
    );
  const moved = { key_id: target.key_id, project_id: target.project_id, updated_at: context.clock.nowMs() };
  await changeKey(context, caller, target, {
    permission,
    detail: `alias ${name} from ${source.key_id}`,
    decide: (seen) => {
      requirePreconditions(seen, context.clock, aliasPreconditions);
      return {};
    },
    alsoWrite: async (transaction) => {
      const to = { keyId: moved.key_id, projectId: moved.project_id, updatedAt: moved.updated_at };
      if (!(await moveAlias(transaction, row, to)))
        throw kmsError('KMS.1101', `The alias ${name} was moved.`);
      if ((await countAliases(transaction, target.key_id)) > aliasesPerKey)
        throw kmsError('KMS.0308', `A key has at most ${aliasesPerKey} aliases.`);
    },
  });
  context.directory.changed(source.key_id);
  return { ...row, ...moved };
}
