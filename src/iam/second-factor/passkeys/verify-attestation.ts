import type { IamContext } from '../../context.ts';
import { badRequest } from '../../errors.ts';
import { isOpenChallenge } from './challenge.ts';
import type { Attestation } from './passkey-schemas.ts';
import { relyingPartyOf } from './relying-party.ts';
import { passkeyAlgorithms, webauthn } from './webauthn-library.ts';

export interface AttestedPasskey {
  readonly credential: { readonly id: string; readonly publicKey: Uint8Array; readonly counter: number };
  readonly backedUp: boolean;
  readonly challenge: string;
}

/** Reads a new passkey that was made by the user for an open challenge. Throws 400 that says what does not fit. */
export async function verifyAttestation(
  iam: IamContext,
  userId: string,
  attestation: Attestation,
): Promise<AttestedPasskey> {
  const { id: expectedRPID, origin: expectedOrigin } = relyingPartyOf(iam.publicUrl);
  const { id, rawId, type, response } = attestation;
  await requireNoCertificates(response.attestationObject);
  let challenge = '';
  const { verifyRegistrationResponse } = await webauthn();
  const verified = await verifyRegistrationResponse({
    response: { id, rawId, type, response, clientExtensionResults: {} },
    expectedChallenge: (sent) => {
      challenge = sent;
      return isOpenChallenge(iam, sent, 'registration', userId);
    },
    expectedOrigin,
    expectedRPID,
    requireUserVerification: true,
    supportedAlgorithmIDs: passkeyAlgorithms,
  }).catch((error: Error) => {
    throw badRequest(`response is not a new passkey for this service: ${error.message.slice(0, 200)}.`);
  });
  if (!verified.verified) throw badRequest('response has a wrong signature of the attestation.');
  const { credential, credentialBackedUp: backedUp } = verified.registrationInfo;
  return { credential, backedUp, challenge };
}

/**
 * Attestations with certificates were not asked for, and the library would fetch the revocation lists that they name: a way to
 * have this server call any address.
 */
async function requireNoCertificates(attestationObject: string): Promise<void> {
  const refusal =
    'response.attestationObject must be an attestation of format none, or packed without certificates.';
  const { decodeAttestationObject } = await webauthn();
  let isBare = false;
  try {
    const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
    const format = decoded.get('fmt');
    isBare = format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined);
  } catch {
    // What cannot be decoded is refused like the others.
  }
  if (!isBare) throw badRequest(refusal);
}
