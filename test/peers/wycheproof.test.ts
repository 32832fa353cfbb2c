// Needs: the test vectors of https://github.com/C2SP/wycheproof (testvectors_v1) in the folder OPENCCM_WYCHEPROOF_DIR; without it in
// shared/vectors/wycheproof beside the project's folder.
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open, SealBroken } from '../../src/kms/at-rest/sealed-box.ts';
import { openGcm, type SymmetricSpec } from '../../src/kms/ciphertext/symmetric-cipher.ts';
import { decryptAsymmetric } from '../../src/kms/cryptography/asymmetric-cipher.ts';
import { macOf } from '../../src/kms/cryptography/mac.ts';
import { requireScheme } from '../../src/kms/cryptography/signing-algorithm.ts';
import { isSignature } from '../../src/kms/cryptography/verify.ts';
import type { KeySpec, MacAlgorithm, SigningAlgorithm } from '../../src/kms/key-spec.ts';
import { ServiceError } from '../../src/platform/errors.ts';

const folder =
  process.env.OPENCCM_WYCHEPROOF_DIR ??
  fileURLToPath(new URL('../../../shared/vectors/wycheproof', import.meta.url));

type Fields = Readonly<Record<string, string>>;
interface Vector extends Record<string, unknown> {
  readonly tcId: number;
  readonly comment: string;
  readonly flags?: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
}
interface Group {
  readonly tests: readonly (Vector & Fields)[];
  readonly [fact: string]: unknown;
}

function groupsOf(file: string): readonly Group[] {
  let text: string;
  try {
    text = readFileSync(join(folder, file), 'utf8');
  } catch (error) {
    throw new Error(`the vectors ${file} are missing in ${folder}: set OPENCCM_WYCHEPROOF_DIR`, {
      cause: error,
    });
  }
  return (JSON.parse(text) as { testGroups: Group[] }).testGroups;
}

const bytes = (hex: string | undefined) => Buffer.from(hex ?? '', 'hex');
const fact = (group: Group, name: string) => String(group[name]);

/** Checks every vector that `judge` has an opinion on; it must have one on at least `atLeast`. */
async function checkAll(
  file: string,
  atLeast: number,
  judge: (vector: Vector & Fields, group: Group) => Promise<boolean | undefined> | boolean | undefined,
): Promise<void> {
  let checked = 0;
  for (const group of groupsOf(file)) {
    for (const vector of group.tests) {
      const accepted = await judge(vector, group);
      if (accepted === undefined) continue;
      checked += 1;
      // acceptable: legacy encodings that a verifier may take or not; we are strict, and a later leniency would be seen here.
      const expected = vector.result === 'valid';
      assert.equal(accepted, expected, `${file} ${vector.tcId}: ${vector.comment} (${vector.result})`);
    }
  }
  assert.ok(checked >= atLeast, `${file}: only ${checked} vectors were checked`);
}

const hashOf = { 'SHA-256': 'sha256', 'SHA-384': 'sha384' } as const;

/** What our verify operation says; as a digest where the algorithm signs one. */
async function verifies(
  spec: KeySpec,
  algorithm: SigningAlgorithm,
  publicKey: KeyObject,
  signed: { readonly type: 'RAW' | 'DIGEST'; readonly message: Buffer; readonly signature: Buffer },
): Promise<boolean> {
  const key = { key_spec: spec } as Parameters<typeof requireScheme>[0];
  return await isSignature(requireScheme(key, algorithm), key, publicKey, signed);
}

const publicKeys = new Map<string, KeyObject>();
function publicKeyOf(group: Group): KeyObject {
  const hex = fact(group, 'publicKeyDer');
  const known = publicKeys.get(hex);
  if (known) return known;
  const key = createPublicKey({ key: bytes(hex), format: 'der', type: 'spki' });
  publicKeys.set(hex, key);
  return key;
}

const hashed: readonly [file: string, spec: KeySpec, algorithm: SigningAlgorithm, atLeast: number][] = [
  ['ecdsa_secp256r1_sha256_test.json', 'EC_P256', 'ECDSA_SHA_256', 480],
  ['ecdsa_secp384r1_sha384_test.json', 'EC_P384', 'ECDSA_SHA_384', 500],
  ['ecdsa_secp256k1_sha256_test.json', 'SECP256K1', 'ECDSA_SHA_256', 470],
  ['rsa_signature_2048_sha256_test.json', 'RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 250],
  ['rsa_signature_3072_sha256_test.json', 'RSA_3072', 'RSASSA_PKCS1_V1_5_SHA_256', 250],
  ['rsa_signature_4096_sha256_test.json', 'RSA_4096', 'RSASSA_PKCS1_V1_5_SHA_256', 250],
  ['rsa_pss_2048_sha256_mgf1_32_test.json', 'RSA_2048', 'RSASSA_PSS_SHA_256', 100],
  ['rsa_pss_3072_sha256_mgf1_32_test.json', 'RSA_3072', 'RSASSA_PSS_SHA_256', 100],
  ['rsa_pss_4096_sha256_mgf1_32_test.json', 'RSA_4096', 'RSASSA_PSS_SHA_256', 100],
];

describe('verify', () => {
  for (const [file, spec, algorithm, atLeast] of hashed) {
    for (const type of ['RAW', 'DIGEST'] as const) {
      test(`${algorithm} with ${spec}, ${type}: ${file}`, () =>
        checkAll(file, atLeast, (vector, group) => {
          const hash = hashOf[fact(group, 'sha') as keyof typeof hashOf];
          const text = bytes(vector.msg);
          const message = type === 'RAW' ? text : createHash(hash).update(text).digest();
          return verifies(spec, algorithm, publicKeyOf(group), {
            type,
            message,
            signature: bytes(vector.sig),
          });
        }));
    }
  }

  test('ED25519_SHA_512: ed25519_test.json', () =>
    checkAll('ed25519_test.json', 150, (vector, group) =>
      verifies('ED25519', 'ED25519_SHA_512', publicKeyOf(group), {
        type: 'RAW',
        message: bytes(vector.msg),
        signature: bytes(vector.sig),
      }),
    ));

  for (const [size, atLeast] of [
    ['44', 100],
    ['65', 100],
    ['87', 100],
  ] as const) {
    const file = `mldsa_${size}_verify_test.json`;
    test(`ML-DSA-${size}: ${file}`, () =>
      checkAll(file, atLeast, (vector, group) => {
        // FIPS 204 §5.2: the service signs with the empty context.
        if (vector.ctx !== undefined && vector.ctx !== '') return undefined;
        let publicKey: KeyObject;
        try {
          publicKey = publicKeyOf(group);
        } catch {
          return false;
        }
        return verifies(`ML-DSA-${size}`, `ML-DSA-${size}`, publicKey, {
          type: 'RAW',
          message: bytes(vector.msg),
          signature: bytes(vector.sig),
        });
      }));
  }
});

const macs: readonly [file: string, algorithm: MacAlgorithm][] = [
  ['hmac_sha256_test.json', 'HMAC_SHA_256'],
  ['hmac_sha384_test.json', 'HMAC_SHA_384'],
  ['hmac_sha512_test.json', 'HMAC_SHA_512'],
  ['hmac_sm3_test.json', 'HMAC_SM3'],
];

describe('MACs', () => {
  for (const [file, algorithm] of macs)
    test(`${algorithm}: ${file}`, () =>
      checkAll(file, 50, (vector, group) => {
        const mac = macOf(algorithm, createSecretKey(bytes(vector.key)), bytes(vector.msg));
        const tag = bytes(vector.tag);
        // The service never cuts its MACs, so the others of these vectors are not its business.
        return Number(group.tagSize) === mac.length * 8 ? mac.equals(tag) : undefined;
      }));
});

describe('decrypt', () => {
  for (const bits of ['2048', '3072', '4096']) {
    const file = `rsa_oaep_${bits}_sha256_mgf1sha256_test.json`;
    test(`RSAES_OAEP_SHA_256: ${file}`, () =>
      checkAll(file, 30, (vector, group) => {
        const key = bytes(fact(group, 'privateKeyPkcs8'));
        const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
        try {
          const plaintext = decryptAsymmetric('RSAES_OAEP_SHA_256', privateKey, bytes(vector.ct));
          // With a label it must not open: the service has none.
          return vector.label === '' ? plaintext.equals(bytes(vector.msg)) : vector.result !== 'valid';
        } catch (error) {
          assert.ok(error instanceof ServiceError);
          return vector.label === '' ? false : vector.result === 'valid';
        }
      }));
  }

  const symmetric: readonly [file: string, spec: SymmetricSpec, keyBits: number, atLeast: number][] = [
    ['aes_gcm_test.json', 'AES_256', 256, 50],
    ['sm4_gcm_test.json', 'SM4', 128, 50],
  ];
  for (const [file, spec, keyBits, atLeast] of symmetric)
    test(`SYMMETRIC_DEFAULT with ${spec}: ${file}`, () =>
      checkAll(file, atLeast, (vector, group) => {
        if (Number(group.ivSize) !== 96 || Number(group.keySize) !== keyBits) return undefined;
        const sealed = Buffer.concat([bytes(vector.iv), bytes(vector.ct), bytes(vector.tag)]);
        return (
          openGcm(spec, bytes(vector.key), sealed, bytes(vector.aad))?.equals(bytes(vector.msg)) ?? false
        );
      }));

  test('what is kept at rest: aes_gcm_test.json', () =>
    checkAll('aes_gcm_test.json', 50, (vector, group) => {
      if (Number(group.ivSize) !== 96 || Number(group.keySize) !== 256) return undefined;
      const sealed = Buffer.concat([Buffer.of(1), bytes(vector.iv), bytes(vector.ct), bytes(vector.tag)]);
      try {
        return open(createSecretKey(bytes(vector.key)), sealed, bytes(vector.aad)).equals(bytes(vector.msg));
      } catch (error) {
        assert.ok(error instanceof SealBroken);
        return false;
      }
    }));
});
