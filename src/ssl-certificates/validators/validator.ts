import type { Challenge } from '../issuers/issuer.ts';

export type Verdict =
  | { readonly kind: 'found' }
  /** Looked, and it is not there (or another value is). */
  | { readonly kind: 'absent'; readonly reason: string }
  /** Could not look: nothing can be said of the name. */
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Shows whether the applicant holds a name. Never throws for what the network does. */
export interface Validators {
  /** DNS and FILE. (EMAIL is found by its link.) */
  check(challenge: Challenge): Promise<Verdict>;
  /** Whether the operator has declared that the account holds this domain: it needs no further proof. */
  isPrevalidated(accountId: string, domain: string): boolean;
  /** Whether OpenCCM can, and may for this account, write the DNS record for this domain itself (`auto_dns_auth`). */
  canPublish(accountId: string, domain: string): boolean;
  /** Writes the record; may be repeated. Throws if it could not. */
  publish(challenge: Challenge): Promise<void>;
  /** Removes the record; may be repeated. Throws if it could not. */
  withdraw(challenge: Challenge): Promise<void>;
  /** Sends the link that confirms an EMAIL challenge. Throws if it could not. */
  mail(challenge: Challenge, token: string): Promise<void>;
}
