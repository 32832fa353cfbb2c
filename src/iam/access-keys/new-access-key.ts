import { newAccessKeyId, newSecretKey } from '../authentication/secrets.ts';
import { secretPlace } from '../authentication/signing-key.ts';
import type { IamContext } from '../context.ts';
import type { AccessKeyTable } from '../tables.ts';

export interface AccessKeyWithSecret {
  readonly row: AccessKeyTable;
  /** Shown once, when the key is made; stored only wrapped. */
  readonly secret: string;
}

/** Made and wrapped, not stored yet: wrapping has no place in a transaction. */
export async function newAccessKey(
  iam: IamContext,
  owner: { readonly accountId: string; readonly userId: string },
  description: string,
  given: { readonly accessKey?: string; readonly secret?: string } = {},
): Promise<AccessKeyWithSecret> {
  const accessKey = given.accessKey ?? newAccessKeyId(iam.random, 'permanent');
  const secret = given.secret ?? newSecretKey(iam.random);
  return {
    secret,
    row: {
      access_key: accessKey,
      account_id: owner.accountId,
      user_id: owner.userId,
      wrapped_secret: await iam.secretWrapper.wrap(Buffer.from(secret, 'utf8'), secretPlace(accessKey)),
      status: 'active',
      description,
      created_at: iam.clock.nowMs(),
      last_used_at: null,
      last_used_ip: null,
    },
  };
}
