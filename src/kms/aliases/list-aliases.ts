import { authorize, openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Caller } from '../permissions.ts';
import { type PageNumber, parsePageNumber } from '../queries/page.ts';
import type { AliasTable } from '../tables.ts';
import { listAliasRows } from './store.ts';

export interface ListAliases {
  readonly keyId: string | undefined;
  readonly limit: PageNumber;
  /** The last name of the page before. */
  readonly marker: string | undefined;
}

/** Of one key, or of the whole account, by name; the marker of the next page is empty on the last. */
export async function listAliases(
  context: KmsContext,
  caller: Caller,
  input: ListAliases,
): Promise<{ rows: AliasTable[]; nextMarker: string }> {
  const limit = parsePageNumber(input.limit, 'KMS.1601', { name: 'limit', min: 1, max: 100 });
  const after = input.marker === '' ? undefined : input.marker;
  if (after !== undefined && limit === undefined)
    throw kmsError('KMS.1602', 'Send marker together with limit only.');
  if (input.keyId === undefined) await authorize(context, caller, 'listAliases');
  else await openKey(context, caller, { reference: input.keyId, permission: 'listAliases' });
  const rows = await listAliasRows(context.database, {
    accountId: caller.actor.accountId,
    keyId: input.keyId,
    after,
    limit: limit === undefined ? undefined : limit + 1,
  });
  const more = limit !== undefined && rows.length > limit;
  const shown = more ? rows.slice(0, limit) : rows;
  return { rows: shown, nextMarker: more ? (shown.at(-1)?.name ?? '') : '' };
}
