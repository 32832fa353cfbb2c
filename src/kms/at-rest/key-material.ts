import type { Random } from '../../platform/random.ts';
import type { KeyVersionTable } from '../tables.ts';
import type { MasterKeyRing } from './master-key-ring.ts';
import { additionalData } from './sealed-box.ts';

/** The columns of a version that hold its material. */
export interface WrappedMaterial {
  readonly wrapped_material: Uint8Array;
  readonly master_key_id: string;
}

type VersionName = Pick<KeyVersionTable, 'key_id' | 'version'>;

/** The key and version are authenticated with the material, so rows that are exchanged in the database do not open. */
export function materialPlace(keyId: string, version: number): Buffer {
  return additionalData('kms key version', keyId, version);
}

export function isWrapped<Row extends Pick<KeyVersionTable, 'wrapped_material' | 'master_key_id'>>(
  row: Row | undefined,
): row is Row & WrappedMaterial {
  return row !== undefined && row.wrapped_material !== null && row.master_key_id !== null;
}

export async function wrapMaterial(
  masterKeys: MasterKeyRing,
  random: Random,
  keyId: string,
  version: number,
  material: Uint8Array,
): Promise<WrappedMaterial> {
  const masterKey = await masterKeys.newest();
  return {
    wrapped_material: masterKey.wrap(random, material, materialPlace(keyId, version)),
    master_key_id: masterKey.id,
  };
}

/** The caller wipes it after use. Throws `SealBroken`. */
export async function unwrapMaterial(
  masterKeys: MasterKeyRing,
  row: VersionName & WrappedMaterial,
): Promise<Buffer> {
  const masterKey = await masterKeys.get(row.master_key_id);
  return masterKey.unwrap(row.wrapped_material, materialPlace(row.key_id, row.version));
}
