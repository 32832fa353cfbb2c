import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import type { Actor } from '../../actor.ts';
import { requireCredentialAuthority } from '../../authority.ts';
import { serialChange } from '../../change.ts';
import type { IamContext } from '../../context.ts';
import { badRequest, notFound } from '../../errors.ts';
import { passkeyLimit } from '../../limits/iam-limits.ts';
import { requireRoom } from '../../limits/require-room.ts';
import { iamActions } from '../../permissions.ts';
import { authorizeUnlessSelf } from '../../self-service.ts';
import type { PasskeyTable } from '../../tables.ts';
import { requireUser } from '../../users/update-user.ts';
import {
  authorizeFactorAccess,
  authorizeFactorChange,
  requireStillWithout,
} from '../authorize-factor-change.ts';
import { releaseLastFactor } from '../release-last-factor.ts';
import { challengeMs, consumeChallenge, newChallenge } from './challenge.ts';
import type { Attestation } from './passkey-schemas.ts';
import { deletePasskeyRow, findPasskeys, insertPasskey } from './passkey-store.ts';
import { relyingPartyOf } from './relying-party.ts';
import { verifyAttestation } from './verify-attestation.ts';
import { passkeyAlgorithms, webauthn } from './webauthn-library.ts';

const noun = 'passkey';

/** Returns what the browser makes a passkey from. It is kept by the authenticator and used with the user verified: two factors in one. */
export async function passkeyCreationOptions(
  iam: IamContext,
  actor: Actor,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const userId = actor.principalId;
  const user = await authorizeFactorAccess(iam, actor, userId, iamActions.createPasskey);
  const { id } = relyingPartyOf(iam.publicUrl);
  const existing = await findPasskeys(iam.database, actor.accountId, userId);
  const { generateRegistrationOptions } = await webauthn();
  return generateRegistrationOptions({
    rpName: 'OpenCCM',
    rpID: id,
    userName: user.name,
    userDisplayName: `${user.name} (${actor.accountName})`,
    userID: new Uint8Array(Buffer.from(userId, 'utf8')),
    challenge: new Uint8Array(await newChallenge(iam, 'registration', userId)),
    timeout: challengeMs,
    attestationType: 'none',
    supportedAlgorithmIDs: passkeyAlgorithms,
    excludeCredentials: existing.map(({ credential_id, transports }) => ({
      id: credential_id,
      transports: JSON.parse(transports) as string[],
    })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
}

/** Registers a passkey of the user who asks; nobody does so for another one. */
export async function registerPasskey(
  iam: IamContext,
  actor: Actor,
  name: string,
  attestation: Attestation,
): Promise<PasskeyTable> {
  const action = iamActions.createPasskey;
  const userId = actor.principalId;
  const change = await authorizeFactorChange(iam, actor, userId, action);
  const { credential, backedUp, challenge } = await verifyAttestation(iam, userId, attestation);
  const passkey: PasskeyTable = {
    credential_id: credential.id,
    account_id: actor.accountId,
    user_id: userId,
    name,
    public_key: credential.publicKey,
    sign_count: credential.counter,
    transports: JSON.stringify(attestation.response.transports ?? []),
    backed_up: backedUp ? 1 : 0,
    created_at: iam.clock.nowMs(),
    last_used_at: null,
  };
  return serialChange(iam, actor, action, noun, async (transaction) => {
    await requireStillWithout(transaction, change);
    if (!(await consumeChallenge(iam, transaction, challenge)))
      throw badRequest('response answers a challenge that was used already: ask for new options.');
    await requireRoom(transaction, actor.accountId, passkeyLimit, { owner: userId });
    await insertPasskey(transaction, passkey);
    return { result: passkey, resourceId: credential.id, resourceName: name };
  });
}

export async function listPasskeys(iam: IamContext, actor: Actor, userId: string): Promise<PasskeyTable[]> {
  await authorizeUnlessSelf(iam, actor, userId, iamActions.listPasskeys);
  await requireUser(iam, actor, userId);
  return findPasskeys(iam.database, actor.accountId, userId);
}

/** Deletes a passkey: the user with a second factor, or an administrator without. */
export async function deletePasskey(
  iam: IamContext,
  actor: Actor,
  userId: string,
  credentialId: string,
): Promise<void> {
  const action = iamActions.deletePasskey;
  const { user } = await authorizeFactorChange(iam, actor, userId, action);
  const owner = { accountId: actor.accountId, userId };
  await serialChange(iam, actor, action, noun, async (transaction) => {
    await requireCredentialAuthority(transaction, iam, actor, user);
    if (!(await deletePasskeyRow(transaction, owner, credentialId))) throw notFound(noun, credentialId);
    await releaseLastFactor(transaction, actor.accountId, userId);
    return { result: undefined, resourceId: credentialId, detail: `of user ${userId}` };
  });
}
