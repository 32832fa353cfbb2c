import { pcaError } from '../errors.ts';
import type { CreateAuthorityBody } from './authority-schemas.ts';

/** Throws for what a request may ask for and this installation does not offer. */
export function refuseUnavailable({
  hsm_cluster_info,
  crl_configuration,
}: Pick<CreateAuthorityBody, 'hsm_cluster_info' | 'crl_configuration'>): void {
  // "Only for users in the whitelist" (reference 4.2.1.2); the code of who has no permission for a limited feature.
  if (hsm_cluster_info !== undefined) {
    throw pcaError('PCA.00000101', 'hsm_cluster_info is only for users in the whitelist of HSM clusters.');
  }
  if (crl_configuration?.enabled) requireCrl(crl_configuration);
}

function requireCrl(crl: NonNullable<CreateAuthorityBody['crl_configuration']>): never {
  const { obs_bucket_name: bucket, valid_days: days } = crl;
  if (typeof bucket !== 'string' || bucket === '') {
    throw pcaError('PCA.00020204', 'crl_configuration.obs_bucket_name is mandatory when enabled is true.');
  }
  if (typeof days !== 'number' || !Number.isInteger(days) || days < 7 || days > 30) {
    throw pcaError('PCA.00020204', 'crl_configuration.valid_days has to be 7 to 30 when enabled is true.');
  }
  throw pcaError('PCA.00020204', 'crl_configuration: CRL publication is not available on this installation.');
}
