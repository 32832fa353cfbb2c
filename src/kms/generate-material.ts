import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from '../platform/random.ts';
import { type KeySpec, keySpecs } from './key-spec.ts';
import type { RunningKeyStore } from './providers/create-key-store.ts';

export interface NewMaterial {
  /** Secret bytes or PKCS#8 DER; the caller wipes it after wrapping. */
  readonly bytes: Uint8Array;
  /** DER SubjectPublicKeyInfo of asymmetric keys. */
  readonly publicKeySpki: Uint8Array | undefined;
}

export interface GeneratorPorts {
  readonly random: Random;
  readonly keyStore: Pick<RunningKeyStore, 'takeRsaKeyPair'>;
}

const generateOnThreadPool = promisify(generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<{ privateKey: Buffer; publicKey: Buffer }>;

/** An elliptic curve or other small key pair as DER, generated on libuv's thread pool. */
export async function generateDerKeyPair(type: string, options: object): Promise<NewMaterial> {
  const { privateKey, publicKey } = await generateOnThreadPool(type, {
    ...options,
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  return { bytes: privateKey, publicKeySpki: publicKey };
}

/** From the pool of ready keys, or generated in the account's turn: tenths of a second (2048) to seconds (4096) of one thread. */
export async function takeRsa(
  { keyStore }: GeneratorPorts,
  spec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096',
  accountId: string,
): Promise<NewMaterial> {
  const algorithms = { RSA_2048: 'RSA2048', RSA_3072: 'RSA3072', RSA_4096: 'RSA4096' } as const;
  const { privateKeyPkcs8, publicKeySpki } = await keyStore.takeRsaKeyPair(algorithms[spec], accountId);
  return { bytes: privateKeyPkcs8, publicKeySpki };
}

/** `accountId`: for whom, as accounts take turns with what takes long. */
export async function generateMaterial(
  ports: GeneratorPorts,
  spec: KeySpec,
  accountId: string,
): Promise<NewMaterial> {
  switch (spec) {
    case 'RSA_2048':
    case 'RSA_3072':
    case 'RSA_4096':
      return await takeRsa(ports, spec, accountId);
    case 'EC_P256':
      return await generateDerKeyPair('ec', { namedCurve: 'P-256' });
    case 'EC_P384':
      return await generateDerKeyPair('ec', { namedCurve: 'P-384' });
    case 'SECP256K1':
      return await generateDerKeyPair('ec', { namedCurve: 'secp256k1' });
    case 'SM2':
      return await generateDerKeyPair('ec', { namedCurve: 'SM2' });
    case 'ED25519':
      return await generateDerKeyPair('ed25519', {});
    case 'ML-DSA-44':
      return await generateDerKeyPair('ml-dsa-44', {});
    case 'ML-DSA-65':
      return await generateDerKeyPair('ml-dsa-65', {});
    case 'ML-DSA-87':
      return await generateDerKeyPair('ml-dsa-87', {});
    case 'AES_256':
    case 'SM4':
    case 'HMAC_256':
    case 'HMAC_384':
    case 'HMAC_512':
    case 'HMAC_SM3':
      return { bytes: ports.random.bytes(keySpecs[spec].secretBytes ?? 0), publicKeySpki: undefined };
  }
}
