import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Caller } from '../permissions.ts';
import type { KeystoreTable } from '../tables.ts';
import { findKeystore } from './store.ts';

/** `0` is the service's own keystore, which has no row. Throws KMS.0308 if there is no other of that id, KMS.0340 while it is disabled. */
export async function requireUsableKeystore(
  context: KmsContext,
  { actor, projectId }: Caller,
  keystoreId: string,
): Promise<KeystoreTable | undefined> {
  if (keystoreId === '0') return undefined;
  const keystore = await findKeystore(context.database, actor.accountId, projectId, keystoreId);
  if (!keystore) throw kmsError('KMS.0308', `There is no keystore ${keystoreId} in this project.`);
  if (keystore.keystore_state !== '2')
    throw kmsError('KMS.0340', 'The keystore is disabled; enable it first.');
  return keystore;
}
