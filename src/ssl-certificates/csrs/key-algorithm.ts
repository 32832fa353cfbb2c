import type { KeyAlgorithm } from '../../pki/index.ts';

/** Keys of TLS certificates, as this API names them. */
export const keyAlgorithmNames = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_P256', 'EC_P384', 'SM2'] as const;

export type KeyAlgorithmName = (typeof keyAlgorithmNames)[number];

const algorithms = {
  RSA_2048: 'RSA2048',
  RSA_3072: 'RSA3072',
  RSA_4096: 'RSA4096',
  EC_P256: 'EC256',
  EC_P384: 'EC384',
  SM2: 'SM2',
} as const satisfies Record<KeyAlgorithmName, KeyAlgorithm>;

/** The keys behind those names. */
export type CertifiedKeyAlgorithm = (typeof algorithms)[KeyAlgorithmName];

export function keyAlgorithmOf(name: KeyAlgorithmName): CertifiedKeyAlgorithm {
  return algorithms[name];
}

/** Undefined for keys that TLS certificates of this service do not have, such as Ed25519. */
export function keyAlgorithmName(algorithm: KeyAlgorithm | undefined): KeyAlgorithmName | undefined {
  return keyAlgorithmNames.find((name) => algorithms[name] === algorithm);
}
