import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { Actor } from '../../actor.ts';
import type { IamContext } from '../../context.ts';
import { iamActions } from '../../permissions.ts';
import type { PasskeyTable } from '../../tables.ts';
import { challengeMs, newChallenge } from './challenge.ts';
import { findPasskeys } from './passkey-store.ts';
import { relyingPartyOf } from './relying-party.ts';

/** Makes the options of a login. They name no user and no passkey, so that strangers learn of neither. */
export async function loginOptions(iam: IamContext): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return requestOptions(iam, await newChallenge(iam, 'login'), []);
}

/** Makes the options of a step-up of the user who asks. Throws AccessDenied where a policy denies step-ups. */
export async function stepUpOptions(
  iam: IamContext,
  actor: Actor,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  await iam.accessControl.requireNotDenied(actor, { action: iamActions.stepUp });
  const passkeys = await findPasskeys(iam.database, actor.accountId, actor.principalId);
  return requestOptions(iam, await newChallenge(iam, 'step-up', actor.principalId), passkeys);
}

function requestOptions(
  iam: IamContext,
  challenge: Uint8Array,
  allowed: readonly PasskeyTable[],
): PublicKeyCredentialRequestOptionsJSON {
  return {
    rpId: relyingPartyOf(iam.publicUrl).id,
    challenge: Buffer.from(challenge).toString('base64url'),
    timeout: challengeMs,
    userVerification: 'required',
    allowCredentials: allowed.map(({ credential_id: id }) => ({ id, type: 'public-key' })),
  };
}
