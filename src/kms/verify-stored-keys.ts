import { publicKeyOfPkcs8, samePublicKey } from '../pki/index.ts';
import { pagesOf, type Verification, verifyAll } from '../platform/verification.ts';
import { type AccountKeyPorts, AccountKeys } from './at-rest/account-keys.ts';
import { isWrapped, unwrapMaterial } from './at-rest/key-material.ts';
import { listVersions } from './at-rest/store.ts';
import type { KeyOwner } from './key-store.ts';
import { listPrivateKeys } from './providers/store.ts';
import { unwrapPrivateKey } from './providers/wrapped-private-key.ts';
import type { KeyVersionTable, PrivateKeyTable } from './tables.ts';

/**
 * Opens every wrapped key of the database: the material of KMS keys with the master key, the private keys of CAs and certificates with
 * their account's key. A private key must also belong to the public key stored beside it. Keys in an HSM are not here.
 */
export async function verifyStoredKeys(ports: AccountKeyPorts): Promise<readonly Verification[]> {
  const accountKeys = new AccountKeys(ports);
  return [
    await verifyAll(
      'key versions',
      pagesOf((after: KeyVersionTable | undefined) => listVersions(ports.database, after)),
      (row) => `version ${row.version} of key ${row.key_id}`,
      async (row) => {
        if (!isWrapped(row)) return;
        const material = await unwrapMaterial(ports.masterKey, row);
        material.fill(0);
      },
    ),
    await verifyAll(
      'private keys',
      pagesOf((after: PrivateKeyTable | undefined) => listPrivateKeys(ports.database, after)),
      (row) => `private key ${row.key_id}`,
      (row) => verifyPrivateKey(accountKeys, row),
    ),
  ];
}

async function verifyPrivateKey(accountKeys: AccountKeys, row: PrivateKeyTable): Promise<void> {
  const owner: KeyOwner = { accountId: row.account_id, purpose: row.purpose as KeyOwner['purpose'] };
  const algorithm = row.algorithm as Parameters<typeof unwrapPrivateKey>[1]['algorithm'];
  const at = { keyId: row.key_id, owner, algorithm };
  const privateKey = await unwrapPrivateKey(accountKeys, at, row.wrapped_private_key);
  try {
    if (!samePublicKey(publicKeyOfPkcs8(privateKey), row.public_key_spki))
      throw new Error('it does not belong to its public key');
  } finally {
    privateKey.fill(0);
  }
}
