import { createHash } from 'node:crypto';
import type { KmsContext } from '../context.ts';
import type { Scheme } from '../cryptography/signing-algorithm.ts';
import type { Key } from '../key.ts';
import type { TokenHash, TokenScheme } from '../providers/pkcs11/index.ts';
import { tokenKeyName, withToken } from './hsm-key.ts';

const hashes: Readonly<Record<string, TokenHash>> = { sha256: 'SHA256', sha384: 'SHA384', sha512: 'SHA512' };
const tokenSchemes: Readonly<Record<string, TokenScheme>> = {
  'rsa-pss': 'RSA_PSS',
  'rsa-pkcs1': 'RSA_PKCS1',
  ecdsa: 'ECDSA',
};

/** A message is hashed here; only its digest goes to the token. */
export async function signInToken(
  context: KmsContext,
  key: Key,
  clusterId: string,
  scheme: Scheme,
  { type, message }: { readonly type: 'RAW' | 'DIGEST'; readonly message: Buffer },
): Promise<Buffer> {
  const tokenScheme = tokenSchemes[scheme.kind];
  const hash = 'hash' in scheme ? hashes[scheme.hash] : undefined;
  if (!tokenScheme || !hash) throw new Error(`an HSM has no ${key.key_spec} keys`);
  const digest = type === 'DIGEST' ? message : createHash(hash).update(message).digest();
  const name = tokenKeyName(key.key_id, key.current_version);
  return await withToken(context, clusterId, async (token) =>
    Buffer.from(await token.sign(name, tokenScheme, hash, digest)),
  );
}
