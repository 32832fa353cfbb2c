import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { requireUsable, requireUsage } from '../key.ts';
import { keySpecs, type MacAlgorithm } from '../key-spec.ts';
import type { Caller } from '../permissions.ts';
import { materialGone } from './encryption-key.ts';

const hashes: Readonly<Record<MacAlgorithm, string>> = {
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_512: 'sha512',
  HMAC_SM3: 'sm3',
};

/** As long as the hash, never cut. */
export function macOf(algorithm: MacAlgorithm, secret: KeyObject, message: Uint8Array): Buffer {
  return createHmac(hashes[algorithm], secret).update(message).digest();
}

export interface MacRequest {
  readonly reference: string;
  readonly macAlgorithm: string;
  /** 1 to 4096 bytes. */
  readonly message: Buffer;
}

export interface Mac {
  readonly keyId: string;
  readonly macAlgorithm: MacAlgorithm;
  readonly mac: Buffer;
}

async function computeMac(
  context: KmsContext,
  caller: Caller,
  permission: 'generateMac' | 'verifyMac',
  { reference, macAlgorithm, message }: MacRequest,
): Promise<Mac> {
  if (message.length === 0 || message.length > 4096)
    throw kmsError('KMS.0308', 'message must be Base64 of 1 to 4096 bytes.');
  const key = await openKey(context, caller, { reference, permission });
  requireUsable(key, context.clock);
  requireUsage(key, 'GENERATE_VERIFY_MAC', { ENCRYPT_DECRYPT: 'KMS.0334', SIGN_VERIFY: 'KMS.0335' });
  const algorithm = keySpecs[key.key_spec].macAlgorithm;
  if (!algorithm || algorithm !== macAlgorithm)
    throw kmsError('KMS.0308', `mac_algorithm of a ${key.key_spec} key must be ${algorithm}.`);
  const secret = await context.materials.findSecret(key, key.current_version);
  if (!secret) throw materialGone();
  const mac = macOf(algorithm, secret, message);
  return { keyId: key.key_id, macAlgorithm: algorithm, mac };
}

export async function generateMac(context: KmsContext, caller: Caller, input: MacRequest): Promise<Mac> {
  return await computeMac(context, caller, 'generateMac', input);
}

/** A wrong MAC is an answer, not an error; the comparison takes the same time wherever it differs. */
export async function verifyMac(
  context: KmsContext,
  caller: Caller,
  input: MacRequest & { readonly mac: Buffer },
): Promise<Omit<Mac, 'mac'> & { valid: boolean }> {
  const { mac, ...computed } = await computeMac(context, caller, 'verifyMac', input);
  return { ...computed, valid: mac.length === input.mac.length && timingSafeEqual(mac, input.mac) };
}
