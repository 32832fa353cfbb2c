import { openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import type { Key } from '../key.ts';
import type { Caller } from '../permissions.ts';

/** In every state, and for default keys too; `reference` may be an alias. */
export async function describeKey(context: KmsContext, caller: Caller, reference: string): Promise<Key> {
  return await openKey(context, caller, { reference, permission: 'describeKey', granted: 'describe-key' });
}
