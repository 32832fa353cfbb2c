import type { Reader } from '../../platform/db/index.ts';
import { pagesOf, type Verification, verifyAll } from '../../platform/verification.ts';
import { secretPlace } from '../authentication/signing-key.ts';
import type { SecretWrapper } from '../secret-wrapper.ts';
import type { AccessKeyTable } from '../tables.ts';
import { listAccessKeysOfAllAccounts } from './store.ts';

/** Opens the secret of every access key. */
export function verifyAccessKeys(reader: Reader, secretWrapper: SecretWrapper): Promise<Verification> {
  return verifyAll(
    'access keys',
    pagesOf((after: AccessKeyTable | undefined) => listAccessKeysOfAllAccounts(reader, after)),
    (row) => `access key ${row.access_key}`,
    async (row) => {
      const secret = await secretWrapper.unwrap(row.wrapped_secret, secretPlace(row.access_key));
      secret.fill(0);
    },
  );
}
