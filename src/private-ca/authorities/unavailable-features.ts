import { pcaError } from '../errors.ts';
import type { CreateAuthorityBody } from './authority-schemas.ts';

/** Throws for what a request may ask for and this installation does not offer. */
export function refuseUnavailable({ hsm_cluster_info }: Pick<CreateAuthorityBody, 'hsm_cluster_info'>): void {
  // "Only for users in the whitelist" (reference 4.2.1.2); the code of who has no permission for a limited feature.
  if (hsm_cluster_info !== undefined) {
    throw pcaError('PCA.00000101', 'hsm_cluster_info is only for users in the whitelist of HSM clusters.');
  }
}
