import type { Actor } from './actor.ts';

/** A service of this installation that accounts may trust, and what for. */
export interface ServiceAgency {
  /** As the vendor names it, such as op_svc_pca. */
  readonly service: string;
  readonly agencyName: string;
  readonly description: string;
  /** Display name of the system policy that the agency gets in the whole account. */
  readonly policyName: string;
}

/** How accounts let a service of this installation act in them, such as writing CRLs into their buckets. */
export interface ServiceAgencies {
  /**
   * Id of an agency of the account that trusts the service, whoever made it; undefined if there is none or it has expired. Throws
   * AccessDenied without iam:agencies:listAgencies.
   */
  find(actor: Actor, service: string): Promise<string | undefined>;
  /**
   * Makes sure that the account trusts the service and that its agency has the policy; answers the agency's id. What exists is
   * kept. Throws AccessDenied without iam:agencies:createAgency, and 409 if another agency has the name.
   */
  ensure(actor: Actor, agency: ServiceAgency): Promise<string>;
  /** The service in the account, with what the agency's policies grant and no more; undefined if the account does not trust it. */
  assume(accountId: string, service: string): Promise<Actor | undefined>;
}
