import { authorize, openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { requireCustomerAlias } from '../key-lifecycle/key-alias.ts';
import type { Caller } from '../permissions.ts';
import { type PageNumber, parsePageNumber } from '../queries/page.ts';

const defaultLimit = 10;

/** An installation is one region; clients read the list by offset until it is empty. */
export async function listRegions(
  context: KmsContext,
  caller: Caller,
  page: { readonly limit: PageNumber; readonly offset: PageNumber },
): Promise<readonly string[]> {
  const limit = parsePageNumber(page.limit, 'KMS.1601', { name: 'limit', min: 1, max: 1000 });
  const offset = parsePageNumber(page.offset, 'KMS.1603', { name: 'offset', min: 0, max: 999_999_999 }) ?? 0;
  await authorize(context, caller, 'listRegions');
  return [context.region].slice(offset, offset + (limit ?? defaultLimit));
}

function noSuchRegion({ region }: KmsContext, name: string, wanted: string): Error {
  return kmsError(
    'KMS.0308',
    `${name} must be a region that keys can go to; there is ${region} alone, not ${wanted}.`,
  );
}

/** Its only region is the primary one already. Throws KMS.0308 for every other. */
export async function updatePrimaryRegion(
  context: KmsContext,
  caller: Caller,
  reference: string,
  primaryRegion: string,
): Promise<{ keyId: string; primaryRegion: string }> {
  const key = await openKey(context, caller, { reference, permission: 'updatePrimaryRegion' });
  if (primaryRegion !== context.region) throw noSuchRegion(context, 'primary_region', primaryRegion);
  return { keyId: key.key_id, primaryRegion };
}

/** A key cannot be copied to where it is, and there is nowhere else: KMS.0308. */
export async function replicateKey(
  context: KmsContext,
  caller: Caller,
  input: { readonly reference: string; readonly replicaRegion: string; readonly keyAlias: string },
): Promise<never> {
  requireCustomerAlias(input.keyAlias);
  await openKey(context, caller, { reference: input.reference, permission: 'replicateKey' });
  if (input.replicaRegion === context.region)
    throw kmsError('KMS.0308', `replica_region must be another than that of the key, ${context.region}.`);
  throw noSuchRegion(context, 'replica_region', input.replicaRegion);
}
