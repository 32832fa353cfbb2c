import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SecretWrapper } from '../../src/iam/index.ts';

/** Wraps with a key that lives as long as the test (AES-256-GCM). */
export function memorySecretWrapper(): SecretWrapper {
  const key = randomBytes(32);
  return {
    async wrap(plaintext, additionalData) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(additionalData));
      return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    },
    async unwrap(wrapped, additionalData) {
      const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, 12));
      decipher.setAAD(Buffer.from(additionalData)).setAuthTag(wrapped.subarray(-16));
      return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
    },
  };
}
