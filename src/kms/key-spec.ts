/** What can be made of each key spec: usages, algorithms and sizes. */
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT';
export type KeyFamily = 'symmetric' | 'rsa' | 'ec' | 'sm2' | 'eddsa' | 'ml-dsa' | 'hmac';
export type EncryptionAlgorithm = 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_256' | 'SM2_ENCRYPT';
export type MacAlgorithm = 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512' | 'HMAC_SM3';

export type SigningAlgorithm =
  | 'RSASSA_PSS_SHA_256'
  | 'RSASSA_PSS_SHA_384'
  | 'RSASSA_PSS_SHA_512'
  | 'RSASSA_PKCS1_V1_5_SHA_256'
  | 'RSASSA_PKCS1_V1_5_SHA_384'
  | 'RSASSA_PKCS1_V1_5_SHA_512'
  | 'ECDSA_SHA_256'
  | 'ECDSA_SHA_384'
  | 'ECDSA_SHA_512'
  | 'SM2DSA_SM3'
  | 'ED25519_SHA_512'
  | 'ED25519_PH_SHA_512'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87';

export type KeySpec =
  | 'AES_256'
  | 'SM4'
  | 'RSA_2048'
  | 'RSA_3072'
  | 'RSA_4096'
  | 'EC_P256'
  | 'EC_P384'
  | 'SECP256K1'
  | 'SM2'
  | 'ED25519'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'
  | 'HMAC_256'
  | 'HMAC_384'
  | 'HMAC_512'
  | 'HMAC_SM3';

export interface KeySpecFacts {
  readonly family: KeyFamily;
  /** The first is the default. */
  readonly usages: readonly [KeyUsage, ...KeyUsage[]];
  /** Length of a secret key; of asymmetric keys undefined. */
  readonly secretBytes?: number;
  readonly encryptionAlgorithm?: EncryptionAlgorithm;
  /** RFC 8017 §7.1.1: modulus − 2 · hash − 2. */
  readonly maxPlaintextBytes?: number;
  readonly signingAlgorithms: readonly SigningAlgorithm[];
  readonly macAlgorithm?: MacAlgorithm;
  /** Whether a key of origin external can be made. */
  readonly importable: boolean;
}

const rsaSigning = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
] as const;

function symmetric(secretBytes: number): KeySpecFacts {
  return {
    family: 'symmetric',
    usages: ['ENCRYPT_DECRYPT'],
    secretBytes,
    encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    maxPlaintextBytes: 4096,
    signingAlgorithms: [],
    importable: true,
  };
}

function rsa(maxPlaintextBytes: number): KeySpecFacts {
  return {
    family: 'rsa',
    usages: ['SIGN_VERIFY', 'ENCRYPT_DECRYPT'],
    encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    maxPlaintextBytes,
    signingAlgorithms: rsaSigning,
    importable: true,
  };
}

function ec(signingAlgorithm: SigningAlgorithm, importable: boolean): KeySpecFacts {
  return {
    family: 'ec',
    usages: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
    signingAlgorithms: [signingAlgorithm],
    importable,
  };
}

function hmac(macAlgorithm: MacAlgorithm, secretBytes: number): KeySpecFacts {
  return {
    family: 'hmac',
    usages: ['GENERATE_VERIFY_MAC'],
    secretBytes,
    signingAlgorithms: [],
    macAlgorithm,
    importable: false,
  };
}

function mlDsa(signingAlgorithm: SigningAlgorithm): KeySpecFacts {
  return {
    family: 'ml-dsa',
    usages: ['SIGN_VERIFY'],
    signingAlgorithms: [signingAlgorithm],
    importable: false,
  };
}

export const keySpecs: Readonly<Record<KeySpec, KeySpecFacts>> = {
  AES_256: symmetric(32),
  SM4: symmetric(16),
  RSA_2048: rsa(190),
  RSA_3072: rsa(318),
  RSA_4096: rsa(446),
  EC_P256: ec('ECDSA_SHA_256', true),
  EC_P384: ec('ECDSA_SHA_384', true),
  SECP256K1: ec('ECDSA_SHA_256', true),
  SM2: {
    family: 'sm2',
    usages: ['SIGN_VERIFY', 'ENCRYPT_DECRYPT', 'KEY_AGREEMENT'],
    encryptionAlgorithm: 'SM2_ENCRYPT',
    maxPlaintextBytes: 4096,
    signingAlgorithms: ['SM2DSA_SM3'],
    importable: true,
  },
  ED25519: {
    family: 'eddsa',
    usages: ['SIGN_VERIFY'],
    signingAlgorithms: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
    importable: true,
  },
  'ML-DSA-44': mlDsa('ML-DSA-44'),
  'ML-DSA-65': mlDsa('ML-DSA-65'),
  'ML-DSA-87': mlDsa('ML-DSA-87'),
  HMAC_256: hmac('HMAC_SHA_256', 32),
  HMAC_384: hmac('HMAC_SHA_384', 48),
  HMAC_512: hmac('HMAC_SHA_512', 64),
  HMAC_SM3: hmac('HMAC_SM3', 32),
};

export function isKeySpec(text: string): text is KeySpec {
  return Object.hasOwn(keySpecs, text);
}

export function isAsymmetric(spec: KeySpec): boolean {
  return keySpecs[spec].secretBytes === undefined;
}
