/** ES256, EdDSA and RS256 (RFC 9053, RFC 8812): what authenticators have. */
export const passkeyAlgorithms = [-8, -7, -257];

/**
 * Loads the library when a passkey is used first: it takes 25 MB and a tenth of a second, and most installations start without. Strangers
 * cannot have it loaded.
 */
export async function webauthn() {
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  return { ...server, decodeAttestationObject: helpers.decodeAttestationObject };
}
