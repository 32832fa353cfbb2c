import type { KmsContext } from '../context.ts';
import type { KeySpec, KeyUsage } from '../key-spec.ts';
import type { KeyVersionTable } from '../tables.ts';
import { requireTokenKind, tokenKeyName, withToken } from './hsm-key.ts';

type HsmKey = Pick<KeyVersionTable, 'key_id' | 'version'> & {
  readonly key_spec: KeySpec;
  readonly key_usage: KeyUsage;
};

/** Makes the key in the token; resolves with the DER SubjectPublicKeyInfo of a pair. It never leaves. */
export async function generateHsmKey(
  context: KmsContext,
  clusterId: string,
  key: HsmKey,
): Promise<Uint8Array | null> {
  const kind = requireTokenKind(key.key_spec, key.key_usage);
  const name = tokenKeyName(key.key_id, key.version);
  return await withToken(context, clusterId, async (token) => {
    if (kind !== 'AES') return await token.generateKeyPair(name, kind);
    await token.generateAesKey(name);
    return null;
  });
}

/** Destroys all versions; nothing happens if they are gone. Rejects with KMS.0104 while the token is away. */
export async function destroyHsmKey(
  context: KmsContext,
  clusterId: string,
  key: { readonly key_id: string; readonly current_version: number },
): Promise<void> {
  await withToken(context, clusterId, async (token) => {
    for (let version = 0; version <= key.current_version; version += 1)
      await token.destroyKey(tokenKeyName(key.key_id, version));
  });
}
