import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';
import type { AliasTable } from '../tables.ts';
import { aliasNameOf } from './alias-name.ts';
import { countAliases, insertAlias } from './store.ts';

export const aliasesPerKey = 50;
export const aliasPreconditions = {
  defaultKeys: 'refused',
  refusedStates: { '4': 'KMS.0210', '7': 'KMS.0320' },
} as const;

/** A further name for a key, up to 50, each once in the account. Throws KMS.1101, KMS.1104. */
export async function createAlias(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  alias: string,
): Promise<AliasTable> {
  const name = aliasNameOf(alias);
  const key = await openKey(context, caller, { reference: keyId, permission: 'createAlias' });
  const nowMs = context.clock.nowMs();
  const row: AliasTable = {
    account_id: key.account_id,
    project_id: key.project_id,
    name,
    alias,
    key_id: key.key_id,
    created_at: nowMs,
    updated_at: nowMs,
  };
  await changeKey(context, caller, key, {
    permission: 'createAlias',
    detail: `alias ${name}`,
    decide: (seen) => {
      requirePreconditions(seen, context.clock, aliasPreconditions);
      return {};
    },
    alsoWrite: async (transaction) => {
      if (!(await insertAlias(transaction, row)))
        throw kmsError('KMS.1104', `The account has an alias ${name}.`);
      if ((await countAliases(transaction, key.key_id)) > aliasesPerKey)
        throw kmsError('KMS.0308', `A key has at most ${aliasesPerKey} aliases.`);
    },
  });
  return row;
}
