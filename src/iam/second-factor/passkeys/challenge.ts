import { hash } from 'node:crypto';
import type { Transaction } from '../../../platform/db/index.ts';
import type { IamContext } from '../../context.ts';
import { insertUsedChallenge } from './challenge-store.ts';

/** The purpose of a challenge; an answer for another one does not count. */
export type ChallengePurpose = 'registration' | 'login' | 'step-up';

export const challengeMs = 5 * 60_000;
const nonceBytes = 16;

/** The wrapped challenge opens for its purpose and user only. A login has no user yet. */
function placeOf(purpose: ChallengePurpose, userId: string | undefined): string {
  return `iam passkey challenge ${purpose} ${userId ?? ''}`;
}

/**
 * Makes a challenge that carries its own end, sealed: strangers ask for challenges without a row being written, and every node knows
 * them again.
 */
export function newChallenge(
  iam: IamContext,
  purpose: ChallengePurpose,
  userId?: string,
): Promise<Uint8Array> {
  const content = Buffer.alloc(8 + nonceBytes);
  content.writeBigUInt64BE(BigInt(iam.machineClock.nowMs() + challengeMs));
  content.set(iam.random.bytes(nonceBytes), 8);
  return iam.secretWrapper.wrap(content, placeOf(purpose, userId));
}

/** Reports whether the challenge was made here, for this purpose and user, less than five minutes ago. */
export async function isOpenChallenge(
  iam: IamContext,
  challenge: string,
  purpose: ChallengePurpose,
  userId?: string,
): Promise<boolean> {
  try {
    const sealed = Buffer.from(challenge, 'base64url');
    const content = Buffer.from(await iam.secretWrapper.unwrap(sealed, placeOf(purpose, userId)));
    return content.length === 8 + nonceBytes && Number(content.readBigUInt64BE()) > iam.machineClock.nowMs();
  } catch {
    // Whatever was not sealed here does not open.
    return false;
  }
}

/** Uses a challenge up. False if it was used already: of two answers at once, one counts. */
export function consumeChallenge(
  iam: IamContext,
  transaction: Transaction,
  challenge: string,
): Promise<boolean> {
  const challengeHash = hash('sha256', Buffer.from(challenge, 'base64url'));
  return insertUsedChallenge(transaction, challengeHash, iam.machineClock.nowMs() + challengeMs);
}
