import { openKey } from '../access.ts';
import { noBinding } from '../ciphertext/binding.ts';
import type { KmsContext } from '../context.ts';
import { encryptWith } from '../cryptography/encrypt-data.ts';
import { kmsError } from '../errors.ts';
import { generateDerKeyPair, type NewMaterial, takeRsa } from '../generate-material.ts';
import { familyOf, requireUsable } from '../key.ts';
import type { Caller } from '../permissions.ts';

export const ecPairSpecs = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  ECC_NIST_P521: 'P-521',
  ECC_SECG_P256K1: 'secp256k1',
  SM2: 'SM2',
} as const;

export type EcPairSpec = keyof typeof ecPairSpecs;
export type RsaPairSpec = 'RSA_2048' | 'RSA_3072' | 'RSA_4096';

export interface CreateDataKeyPair {
  readonly keyId: string;
  readonly keySpec: EcPairSpec | RsaPairSpec;
  readonly additionalAuthenticatedData: string | undefined;
}

export interface DataKeyPair {
  readonly keyId: string;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKeySpki: Uint8Array;
  /** PKCS#8 DER; the caller wipes it. */
  readonly privateKeyPkcs8: Uint8Array;
  /** An envelope that decrypt-data opens. */
  readonly privateKeyCiphertext: Buffer;
}

async function generatePair(
  context: KmsContext,
  { actor }: Caller,
  spec: EcPairSpec | RsaPairSpec,
): Promise<NewMaterial> {
  if (spec === 'RSA_2048' || spec === 'RSA_3072' || spec === 'RSA_4096')
    return await takeRsa(context, spec, actor.accountId);
  return await generateDerKeyPair('ec', { namedCurve: ecPairSpecs[spec] });
}

/** A new key pair whose private key is encrypted under a symmetric key; it is not stored. */
export async function createDataKeyPair(
  context: KmsContext,
  caller: Caller,
  input: CreateDataKeyPair,
): Promise<DataKeyPair> {
  const key = await openKey(context, caller, { reference: input.keyId, permission: 'createDataKeyPair' });
  requireUsable(key, context.clock);
  const family = familyOf(key);
  if (family === 'hmac') throw kmsError('KMS.0341', 'The key must be AES_256 or SM4.');
  if (family !== 'symmetric') throw kmsError('KMS.0325', 'The key must be AES_256 or SM4.');
  const { bytes, publicKeySpki } = await generatePair(context, caller, input.keySpec);
  if (!publicKeySpki) throw new Error(`no key pair was generated for ${input.keySpec}`);
  const binding = { ...noBinding, additionalAuthenticatedData: input.additionalAuthenticatedData };
  const privateKeyCiphertext = await encryptWith(context, key, bytes, {
    encryptionAlgorithm: undefined,
    binding,
  });
  return { keyId: key.key_id, publicKeySpki, privateKeyPkcs8: bytes, privateKeyCiphertext };
}
