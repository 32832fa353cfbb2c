import { isIP } from 'node:net';
import { badRequest } from '../../errors.ts';

/** Whom passkeys are made for: they work nowhere else. */
export interface RelyingParty {
  /** A domain name. */
  readonly id: string;
  /** Origins of the pages that may use the passkeys. */
  readonly origin: string;
}

/** Reads it from the public URL. Throws 400 where WebAuthn does not work: without a domain name, and without HTTPS but at localhost. */
export function relyingPartyOf(publicUrl: string): RelyingParty {
  const { hostname, origin, protocol } = new URL(publicUrl);
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  if (isAddress || (protocol !== 'https:' && hostname !== 'localhost'))
    throw badRequest(
      `Passkeys need a public address with a domain name over HTTPS, and this service is reached at ${origin}: the operator sets OPENCCM_PUBLIC_URL.`,
    );
  return { id: hostname, origin };
}
