import type { Random } from '../../platform/random.ts';
import { NotGenuine, type Token, TokenKeyMissing } from '../providers/pkcs11/index.ts';
import { MasterKeyRefused } from './master-key-refused.ts';
import { additionalData } from './sealed-box.ts';

/** `openccm-hsm-1:<cluster>:<name of the AES key in the token>:<Base64 of nonce, ciphertext and tag>` */
const FORMAT = 'openccm-hsm-1';
const NONCE_BYTES = 12;

function place(clusterId: string, keyName: string): Buffer {
  return additionalData('master key in a token', clusterId, keyName);
}

export function isSealedByToken(text: string): boolean {
  return text.startsWith(`${FORMAT}:`);
}

/** With a new key in the token, so that no nonce can ever meet another under one key. */
export async function sealWithToken(token: Token, random: Random, secret: Uint8Array): Promise<string> {
  const keyName = `master-key-${random.uuid()}`;
  await token.generateAesKey(keyName);
  const nonce = random.bytes(NONCE_BYTES);
  const additional = place(token.clusterId, keyName);
  const ciphertext = await token.encrypt(keyName, { nonce, additionalData: additional, data: secret });
  const sealed = Buffer.concat([nonce, ciphertext]).toString('base64');
  return [FORMAT, token.clusterId, keyName, sealed].join(':');
}

/** The caller wipes it. Throws `MasterKeyRefused`, and `TokenUnavailable` while the token is away: there is no other way in. */
export async function unsealWithToken(token: Token, text: string, path: string): Promise<Buffer> {
  const [format, clusterId = '', keyName = '', base64 = ''] = text.split(':');
  if (format !== FORMAT)
    throw new MasterKeyRefused(`the file ${path} does not hold a master key that an HSM sealed`);
  if (clusterId !== token.clusterId) {
    throw new MasterKeyRefused(
      `the master key in ${path} is sealed by HSM cluster ${clusterId}, but ${token.clusterId} is configured`,
    );
  }
  const sealed = Buffer.from(base64, 'base64');
  const message = {
    nonce: sealed.subarray(0, NONCE_BYTES),
    additionalData: place(clusterId, keyName),
    data: sealed.subarray(NONCE_BYTES),
  };
  try {
    return Buffer.from(await token.decrypt(keyName, message));
  } catch (error) {
    if (error instanceof TokenKeyMissing || error instanceof NotGenuine)
      throw new MasterKeyRefused(`the HSM cannot open the master key in ${path}: ${error.message}`, {
        cause: error,
      });
    throw error;
  }
}
