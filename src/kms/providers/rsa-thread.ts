import { generateKeyPairSync } from 'node:crypto';
import type { KeyPair } from '../../pki/index.ts';
import { serveWork } from '../../platform/work-threads.ts';

export interface RsaTask {
  readonly modulusLength: number;
}

serveWork<RsaTask, KeyPair>({
  perform({ modulusLength }) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
    const pair = { publicKeySpki: new Uint8Array(publicKey), privateKeyPkcs8: new Uint8Array(privateKey) };
    privateKey.fill(0);
    return pair;
  },
  transfer: ({ privateKeyPkcs8 }) => [privateKeyPkcs8.buffer as ArrayBuffer],
});
