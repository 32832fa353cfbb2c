import {
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { curves, toInteger } from '../../cryptography/curve.ts';
import { signDigest } from '../../cryptography/digest-signature.ts';
import { NotGenuine, type Token, TokenKeyMissing, TokenUnavailable } from './token.ts';

export interface TokenInMemory extends Token {
  /** Takes the token away, or brings it back. */
  setAvailable(isAvailable: boolean): void;
  keyNames(): string[];
}

/** A token for tests without a PKCS#11 library. Its key pairs are of P-256. */
export function createTokenInMemory(clusterId = 'cluster-1'): TokenInMemory {
  const secrets = new Map<string, Buffer>();
  const pairs = new Map<string, KeyObject>();
  let isAvailable = true;
  const reach = () => {
    if (!isAvailable) throw new TokenUnavailable(`the HSM cluster ${clusterId} is not available`);
  };
  const secretOf = (keyName: string) => {
    reach();
    const secret = secrets.get(keyName);
    if (!secret) throw new TokenKeyMissing(keyName);
    return secret;
  };
  return {
    clusterId,
    setAvailable(available) {
      isAvailable = available;
    },
    keyNames: () => [...secrets.keys(), ...pairs.keys()],
    async describe() {
      reach();
      return { label: 'test', manufacturer: 'test', model: 'memory', serialNumber: '1' };
    },
    async generateKeyPair(keyName) {
      reach();
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      pairs.set(keyName, privateKey);
      return publicKey.export({ format: 'der', type: 'spki' });
    },
    async generateAesKey(keyName) {
      reach();
      secrets.set(keyName, randomBytes(32));
    },
    async sign(keyName, _scheme, _hash, digest) {
      reach();
      const key = pairs.get(keyName);
      if (!key) throw new TokenKeyMissing(keyName);
      const { d = '' } = key.export({ format: 'jwk' });
      return signDigest('ECDSA', curves.EC_P256, toInteger(Buffer.from(d, 'base64url')), digest);
    },
    async encrypt(keyName, { nonce, additionalData, data }) {
      const cipher = createCipheriv('aes-256-gcm', secretOf(keyName), nonce);
      cipher.setAAD(additionalData);
      return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
    },
    async decrypt(keyName, { nonce, additionalData, data }) {
      const decipher = createDecipheriv('aes-256-gcm', secretOf(keyName), nonce);
      decipher.setAAD(additionalData);
      decipher.setAuthTag(data.subarray(-16));
      try {
        return Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]);
      } catch {
        throw new NotGenuine();
      }
    },
    async destroyKey(keyName) {
      reach();
      secrets.delete(keyName);
      pairs.delete(keyName);
    },
    async hasKey(keyName) {
      reach();
      return secrets.has(keyName) || pairs.has(keyName);
    },
    async close() {},
  };
}
