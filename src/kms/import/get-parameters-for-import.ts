import { openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { generateMaterial } from '../generate-material.ts';
import type { Caller } from '../permissions.ts';
import { sealImportToken, type WrappingAlgorithm, wrappingAlgorithms } from './import-token.ts';
import { requireImportable } from './importable-key.ts';

const validMs = 24 * 3_600_000;

export interface ImportParameters {
  readonly keyId: string;
  readonly importToken: Buffer;
  readonly expiresAtMs: number;
  /** DER SubjectPublicKeyInfo to wrap the material with. */
  readonly publicKeySpki: Uint8Array;
}

function requireWrappingAlgorithm(text: string): WrappingAlgorithm {
  const algorithm = wrappingAlgorithms.find((known) => known === text);
  if (!algorithm)
    throw kmsError('KMS.0308', `wrapping_algorithm must be one of ${wrappingAlgorithms.join(', ')}.`);
  return algorithm;
}

/** A public key and a token that belong together and to the key, valid for 24 hours. */
export async function getParametersForImport(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  wrappingAlgorithm: string,
): Promise<ImportParameters> {
  const algorithm = requireWrappingAlgorithm(wrappingAlgorithm);
  const key = await openKey(context, caller, { reference: keyId, permission: 'getParametersForImport' });
  requireImportable(key, context.clock);
  const spec = algorithm === 'SM2_ENCRYPT' ? 'SM2' : 'RSA_2048';
  const { bytes: privateKey, publicKeySpki } = await generateMaterial(context, spec, caller.actor.accountId);
  if (!publicKeySpki) throw new Error(`no key pair was generated for ${spec}`);
  // Whole seconds, since the answer tells them so.
  const expiresAtMs = Math.floor((context.clock.nowMs() + validMs) / 1000) * 1000;
  const token = { keyId: key.key_id, expiresAtMs, algorithm, privateKey };
  const importToken = await sealImportToken(context.secrets, token);
  privateKey.fill(0);
  return { keyId: key.key_id, importToken, expiresAtMs, publicKeySpki };
}
