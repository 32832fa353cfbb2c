import type { KeyAlgorithm } from '../../pki/index.ts';
import type { Random } from '../../platform/random.ts';
import { type Place, unwrapWithAccountKey, wrapWithAccountKey } from '../at-rest/account-key-envelope.ts';
import type { AccountKey, AccountKeys } from '../at-rest/account-keys.ts';
import type { KeyOwner } from '../key-store.ts';

export interface PrivateKeyPlace {
  readonly keyId: string;
  readonly owner: KeyOwner;
  readonly algorithm: KeyAlgorithm;
}

/** Everything that the row says is authenticated: a wrapped key opens only where it was stored. */
function place({ keyId, owner, algorithm }: PrivateKeyPlace): Place {
  return ['private key', keyId, algorithm, owner.accountId, owner.purpose];
}

export function wrapPrivateKey(
  accountKey: AccountKey,
  random: Random,
  at: PrivateKeyPlace,
  privateKeyPkcs8: Uint8Array,
): Buffer {
  return wrapWithAccountKey(accountKey, random, place(at), privateKeyPkcs8);
}

/** PKCS#8 DER, which the caller wipes. Throws `SealBroken`. */
export async function unwrapPrivateKey(
  accountKeys: AccountKeys,
  at: PrivateKeyPlace,
  wrapped: Uint8Array,
): Promise<Buffer> {
  return await unwrapWithAccountKey(accountKeys, place(at), wrapped);
}
