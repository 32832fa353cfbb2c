import type { IamContext } from '../../context.ts';
import type { PasskeyTable } from '../../tables.ts';
import { type ChallengePurpose, consumeChallenge, isOpenChallenge } from './challenge.ts';
import type { Assertion } from './passkey-schemas.ts';
import { noteUse } from './passkey-store.ts';
import { relyingPartyOf } from './relying-party.ts';
import { webauthn } from './webauthn-library.ts';

/** The user's handle in passkeys; ids of users say nothing about the persons. */
export function handleOf(userId: string): string {
  return Buffer.from(userId, 'utf8').toString('base64url');
}

/**
 * Whether the assertion was made with this passkey by a user whom the authenticator verified (by a PIN, a finger, a face), for an
 * open challenge. The challenge and the state of the signature counter count once.
 */
export async function verifyAssertion(
  iam: IamContext,
  passkey: PasskeyTable,
  assertion: Assertion,
  purpose: ChallengePurpose,
): Promise<boolean> {
  const { id: expectedRPID, origin: expectedOrigin } = relyingPartyOf(iam.publicUrl);
  const { id, rawId, type } = assertion;
  const { userHandle, ...response } = assertion.response;
  if (userHandle && userHandle !== handleOf(passkey.user_id)) return false;
  // A login has no user before it; a step-up is answered by whom it was asked of.
  const boundTo = purpose === 'login' ? undefined : passkey.user_id;
  let challenge = '';
  const { verifyAuthenticationResponse } = await webauthn();
  const verified = await verifyAuthenticationResponse({
    response: { id, rawId, type, response, clientExtensionResults: {} },
    expectedChallenge: (sent) => {
      challenge = sent;
      return isOpenChallenge(iam, sent, purpose, boundTo);
    },
    expectedOrigin,
    expectedRPID,
    requireUserVerification: true,
    credential: {
      id: passkey.credential_id,
      publicKey: new Uint8Array(passkey.public_key),
      counter: Number(passkey.sign_count),
    },
  }).catch(() => undefined);
  if (!verified?.verified) return false;
  const use = { signCount: verified.authenticationInfo.newCounter, atMs: iam.clock.nowMs() };
  return iam.database.transaction(
    async (transaction) =>
      (await consumeChallenge(iam, transaction, challenge)) && (await noteUse(transaction, passkey, use)),
  );
}
