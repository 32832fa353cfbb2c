import { authorize, openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import type { Caller } from '../permissions.ts';
import { type Page, type PageNumber, parsePage, presentPage } from '../queries/page.ts';
import type { GrantTable } from '../tables.ts';
import { operationsOf } from './grant.ts';
import { listGrantRows } from './store.ts';

/** A grant as clients read it; its date is milliseconds since 1970. What is not set is left out. */
function presentGrant(row: GrantTable) {
  return {
    key_id: row.key_id,
    grant_id: row.grant_id,
    grantee_principal: row.grantee_principal,
    grantee_principal_type: row.grantee_principal_type,
    operations: operationsOf(row),
    issuing_principal: row.issuing_principal,
    creation_date: String(row.created_at),
    ...(row.name !== null && { name: row.name }),
    ...(row.retiring_principal !== null && { retiring_principal: row.retiring_principal }),
  };
}

function present(page: Page, { rows, total }: { rows: GrantTable[]; total: number }) {
  return { grants: rows.map(presentGrant), ...presentPage(page, rows.length, total) };
}

export type PresentedGrants = ReturnType<typeof present>;

interface PageInput {
  readonly limit: PageNumber;
  readonly marker: PageNumber;
}

/** Grants of one key, oldest first. */
export async function listGrants(
  context: KmsContext,
  caller: Caller,
  input: PageInput & { readonly reference: string },
): Promise<PresentedGrants> {
  const page = parsePage(input.limit, input.marker);
  const { reference } = input;
  const key = await openKey(context, caller, { reference, permission: 'listGrants' });
  return present(page, await listGrantRows(context.database, { keyId: key.key_id }, page));
}

/** Grants that name the caller as retiring principal, on keys of any account, oldest first. */
export async function listRetirableGrants(
  context: KmsContext,
  caller: Caller,
  input: PageInput,
): Promise<PresentedGrants> {
  const page = parsePage(input.limit, input.marker);
  await authorize(context, caller, 'listGrants');
  const filter = { retiringPrincipal: caller.actor.principalId };
  return present(page, await listGrantRows(context.database, filter, page));
}
