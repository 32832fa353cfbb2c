import type { Random } from '../../platform/random.ts';
import type { MasterKey } from './master-key.ts';
import { additionalData } from './sealed-box.ts';

/** The key and version are authenticated with the material, so rows that are exchanged in the database do not open. */
function place(keyId: string, version: number): Buffer {
  return additionalData('kms key version', keyId, version);
}

export function wrapMaterial(
  masterKey: MasterKey,
  random: Random,
  keyId: string,
  version: number,
  material: Uint8Array,
): Buffer {
  return masterKey.wrap(random, material, place(keyId, version));
}

/** The caller wipes it after use. Throws `SealBroken`. */
export function unwrapMaterial(
  masterKey: MasterKey,
  keyId: string,
  version: number,
  wrapped: Uint8Array,
): Buffer {
  return masterKey.unwrap(wrapped, place(keyId, version));
}
