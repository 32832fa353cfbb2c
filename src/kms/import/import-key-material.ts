import { createHash, timingSafeEqual } from 'node:crypto';
import { openKey } from '../access.ts';
import { wrapMaterial } from '../at-rest/key-material.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { NewMaterial } from '../generate-material.ts';
import type { Key } from '../key.ts';
import { isAsymmetric } from '../key-spec.ts';
import type { Caller } from '../permissions.ts';
import { findKeyVersion, updateKeyVersion } from '../store.ts';
import { openImportToken } from './import-token.ts';
import { requireImportable } from './importable-key.ts';
import { expireMaterialJob } from './material-expiry.ts';
import { unwrapImport, type WrappedImport } from './unwrap-material.ts';

export interface ImportKeyMaterial extends WrappedImport {
  readonly keyId: string;
  readonly importToken: Buffer;
  /** Seconds since 1970, as a number or text. */
  readonly expirationTime: string | number | undefined;
}

/** Throws KMS.2602 unless it is later than now, KMS.0308 for asymmetric keys. */
function parseExpiration(key: Key, value: string | number | undefined, nowMs: number): number | null {
  if (value === undefined || value === '') return null;
  if (isAsymmetric(key.key_spec))
    throw kmsError('KMS.0308', 'expiration_time cannot be set for asymmetric keys; leave it out.');
  const ms = /^[0-9]{1,12}$/.test(String(value)) ? Number(value) * 1000 : Number.NaN;
  if (!(ms > nowMs)) throw kmsError('KMS.2602', 'expiration_time is in seconds since 1970.');
  return ms;
}

function fingerprintPlace(keyId: string): string {
  return `material fingerprint of ${keyId}`;
}

/** Sealed, so that the database does not help to guess weak material. */
async function sealFingerprint({ secrets }: KmsContext, keyId: string, material: Uint8Array) {
  return await secrets.wrap(createHash('sha256').update(material).digest(), fingerprintPlace(keyId));
}

/** Ciphertexts of the deleted material must be readable again and none must change its meaning. Throws KMS.2606. */
async function requireSameMaterial(context: KmsContext, key: Key, material: Uint8Array): Promise<void> {
  const version = await findKeyVersion(context.database, key.key_id, key.current_version);
  if (!version?.material_fingerprint) return;
  const earlier = await context.secrets.unwrap(version.material_fingerprint, fingerprintPlace(key.key_id));
  if (!timingSafeEqual(earlier, createHash('sha256').update(material).digest()))
    throw kmsError('KMS.2606', 'Make a new key for other material.');
}

async function storeMaterial(
  context: KmsContext,
  caller: Caller,
  key: Key,
  { bytes, publicKeySpki }: NewMaterial,
  expiresAt: number | null,
): Promise<void> {
  const { masterKey, random, scheduler, clock } = context;
  const version = key.current_version;
  const wrapped = await wrapMaterial(masterKey, random, key.key_id, version, bytes);
  const fingerprint = await sealFingerprint(context, key.key_id, bytes);
  await changeKey(context, caller, key, {
    permission: 'importKeyMaterial',
    decide: async (seen) => {
      requireImportable(seen, clock);
      // Of the key as it is seen: other material may have come and gone since the request came.
      await requireSameMaterial(context, seen, bytes);
      return { key_state: '2', material_expires_at: expiresAt };
    },
    alsoWrite: async (transaction) => {
      await updateKeyVersion(transaction, key.key_id, version, {
        ...wrapped,
        public_key_spki: publicKeySpki ?? null,
        material_fingerprint: fingerprint,
      });
      const job = { kind: expireMaterialJob, key: key.key_id };
      if (expiresAt === null) await scheduler.cancel(transaction, job.kind, job.key);
      else await scheduler.schedule(transaction, { ...job, dueMs: expiresAt, accountId: key.account_id });
    },
  });
  context.materials.drop(key.key_id);
}

/** Gives a key its material; the key is enabled then. */
export async function importKeyMaterial(
  context: KmsContext,
  caller: Caller,
  input: ImportKeyMaterial,
): Promise<void> {
  const key = await openKey(context, caller, { reference: input.keyId, permission: 'importKeyMaterial' });
  requireImportable(key, context.clock);
  const nowMs = context.clock.nowMs();
  const token = await openImportToken(context.secrets, input.importToken, key.key_id, nowMs);
  const expiresAt = parseExpiration(key, input.expirationTime, nowMs);
  const material = unwrapImport(key, token, input);
  token.privateKey.fill(0);
  try {
    await storeMaterial(context, caller, key, material, expiresAt);
  } finally {
    material.bytes.fill(0);
  }
}
