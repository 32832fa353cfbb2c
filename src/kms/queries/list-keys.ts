import { authorize } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { keySpecs } from '../key-spec.ts';
import { accessRequest, type Caller } from '../permissions.ts';
import type { KeyTable } from '../tables.ts';
import { type Page, type PageNumber, parsePage } from './page.ts';
import { listKeyRows } from './store.ts';

export interface ListKeys {
  readonly limit: PageNumber;
  readonly marker: PageNumber;
  readonly keyState: string | undefined;
  /** AES_256 if not given; ALL for every spec. */
  readonly keySpec: string | undefined;
  /** `all` (default), `0` or a UUID. */
  readonly enterpriseProjectId: string | undefined;
}

const enterpriseProjectPattern = /^(0|[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12})$/;

function filterOf({ keyState, keySpec = 'AES_256', enterpriseProjectId = 'all' }: ListKeys) {
  if (keyState !== undefined && !/^[1-5]$/.test(keyState))
    throw kmsError('KMS.0308', 'key_state must be one of 1, 2, 3, 4, 5.');
  if (keySpec !== 'ALL' && !Object.hasOwn(keySpecs, keySpec))
    throw kmsError('KMS.0308', `key_spec must be ALL or one of ${Object.keys(keySpecs).join(', ')}.`);
  if (enterpriseProjectId !== 'all' && !enterpriseProjectPattern.test(enterpriseProjectId))
    throw kmsError('KMS.0308', 'enterprise_project_id must be all, 0 or a UUID.');
  return {
    ...(keyState !== undefined && { keyState }),
    ...(keySpec !== 'ALL' && { keySpec }),
  };
}

/** Keys of the project, newest first, with the account's default keys, as far as the caller may see their enterprise projects. */
export async function listKeys(
  context: KmsContext,
  caller: Caller,
  input: ListKeys,
): Promise<{ rows: KeyTable[]; total: number; page: Page }> {
  const page = parsePage(input.limit, input.marker);
  const filter = filterOf(input);
  const enterpriseProjectIds = await permittedProjects(context, caller, input);
  const { actor, projectId } = caller;
  const found = await listKeyRows(
    context.database,
    context.clock,
    { accountId: actor.accountId, projectId, enterpriseProjectIds, ...filter },
    page,
  );
  return { ...found, page };
}

async function permittedProjects(
  context: KmsContext,
  caller: Caller,
  { enterpriseProjectId = 'all' }: ListKeys,
): Promise<'all' | readonly string[]> {
  if (enterpriseProjectId === 'all')
    return context.identity.permittedEnterpriseProjects(caller.actor, accessRequest('listKeys', caller));
  await authorize(context, caller, 'listKeys', enterpriseProjectId);
  return [enterpriseProjectId];
}
