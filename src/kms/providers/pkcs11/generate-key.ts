import { type Handle, OperationFailed } from './cryptoki.ts';
import { type Curve, curves, ecSpki, isRsa, rsaSpki } from './public-key.ts';
import type { Sessions } from './sessions.ts';
import type { TokenKeyPairAlgorithm } from './token.ts';

const publicExponent = Buffer.from([1, 0, 1]);
const modulusBits = { RSA2048: 2048, RSA3072: 3072, RSA4096: 4096 } as const;

function names(sessions: Sessions, keyName: string) {
  const { binding } = sessions;
  return [
    { type: binding.CKA_TOKEN, value: true },
    { type: binding.CKA_ID, value: Buffer.from(keyName) },
    { type: binding.CKA_LABEL, value: `openccm ${keyName}` },
  ];
}

/** CKA_EXTRACTABLE false at birth, so CKA_NEVER_EXTRACTABLE says for ever that no copy was made. */
function secrecy(sessions: Sessions) {
  const { binding } = sessions;
  return [
    { type: binding.CKA_PRIVATE, value: true },
    { type: binding.CKA_SENSITIVE, value: true },
    { type: binding.CKA_EXTRACTABLE, value: false },
  ];
}

async function generateRsa(sessions: Sessions, session: Handle, keyName: string, bits: number) {
  const { binding, library } = sessions;
  const { publicKey } = await library.C_GenerateKeyPairAsync(
    session,
    { mechanism: binding.CKM_RSA_PKCS_KEY_PAIR_GEN },
    [
      ...names(sessions, keyName),
      { type: binding.CKA_VERIFY, value: true },
      { type: binding.CKA_MODULUS_BITS, value: bits },
      { type: binding.CKA_PUBLIC_EXPONENT, value: publicExponent },
    ],
    [...names(sessions, keyName), ...secrecy(sessions), { type: binding.CKA_SIGN, value: true }],
  );
  const [modulus, exponent] = library.C_GetAttributeValue(session, publicKey, [
    { type: binding.CKA_MODULUS },
    { type: binding.CKA_PUBLIC_EXPONENT },
  ]);
  return rsaSpki(bytesOf(modulus), bytesOf(exponent));
}

async function generateEc(sessions: Sessions, session: Handle, keyName: string, curve: Curve) {
  const { binding, library } = sessions;
  const { publicKey } = await library.C_GenerateKeyPairAsync(
    session,
    { mechanism: binding.CKM_EC_KEY_PAIR_GEN },
    [
      ...names(sessions, keyName),
      { type: binding.CKA_VERIFY, value: true },
      { type: binding.CKA_EC_PARAMS, value: curve.parameters },
    ],
    [...names(sessions, keyName), ...secrecy(sessions), { type: binding.CKA_SIGN, value: true }],
  );
  const [point] = library.C_GetAttributeValue(session, publicKey, [{ type: binding.CKA_EC_POINT }]);
  return bytesOf(point);
}

function bytesOf(attribute: { value?: unknown } | undefined): Buffer {
  if (attribute?.value instanceof Buffer) return attribute.value;
  throw new OperationFailed('refused', 'the token does not show the public key that it generated');
}

/** DER SubjectPublicKeyInfo. */
export async function generateKeyPair(
  sessions: Sessions,
  session: Handle,
  keyName: string,
  algorithm: TokenKeyPairAlgorithm,
): Promise<Uint8Array> {
  if (isRsa(algorithm)) return await generateRsa(sessions, session, keyName, modulusBits[algorithm]);
  return ecSpki(algorithm, await generateEc(sessions, session, keyName, curves[algorithm]));
}

export async function generateAesKey(sessions: Sessions, session: Handle, keyName: string): Promise<void> {
  const { binding, library } = sessions;
  await library.C_GenerateKeyAsync(session, { mechanism: binding.CKM_AES_KEY_GEN }, [
    ...names(sessions, keyName),
    ...secrecy(sessions),
    { type: binding.CKA_VALUE_LEN, value: 32 },
    { type: binding.CKA_ENCRYPT, value: true },
    { type: binding.CKA_DECRYPT, value: true },
  ]);
}
