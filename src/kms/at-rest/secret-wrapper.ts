import type { KeyOwner } from '../key-store.ts';
import { unwrapWithAccountKey, wrapWithAccountKey } from './account-key-envelope.ts';
import { type AccountKeyPorts, AccountKeys } from './account-keys.ts';

/** No account has this id (they are 32 hexadecimal digits), so no customer ever sees the key. */
const installation: KeyOwner = { accountId: 'system', purpose: 'system' };

/** Wraps what other capabilities must keep secret and read again, such as the secrets of access keys. */
export interface WrapsSecrets {
  wrap(plaintext: Uint8Array, additionalData: string): Promise<Uint8Array>;
  /** Throws `SealBroken` if the bytes or the additional data are not those of `wrap`. The caller wipes the result. */
  unwrap(wrapped: Uint8Array, additionalData: string): Promise<Uint8Array>;
}

/** Needs the database and the master key only, so identity can start on it. Its key is made at first use. */
export function createSecretWrapper(ports: AccountKeyPorts): WrapsSecrets {
  const accountKeys = new AccountKeys(ports);
  return {
    async wrap(plaintext, additionalData) {
      const key = await accountKeys.current(installation);
      return wrapWithAccountKey(key, ports.random, ['secret', additionalData], plaintext);
    },
    async unwrap(wrapped, additionalData) {
      return await unwrapWithAccountKey(accountKeys, ['secret', additionalData], wrapped);
    },
  };
}
