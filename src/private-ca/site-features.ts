import { Type } from 'typebox';
import type { Api } from '../platform/http/index.ts';
import type { PrivateCaPorts } from './ports.ts';

const consoleConfig = Type.Object({
  is_support_eps: Type.Boolean({ description: 'Enterprise projects.' }),
  is_support_sm2: Type.Boolean({ description: 'SM2 keys.' }),
  is_support_dhsm: Type.Boolean({ description: 'An HSM cluster that the account may use.' }),
  dhsm_regions: Type.Array(Type.String(), { description: 'Regions with such a cluster.' }),
  is_support_yearly_monthly_ca: Type.Boolean({ description: 'Yearly/monthly CAs.' }),
  is_support_iam5: Type.Boolean({ description: 'Identity policies of version 5.' }),
  is_support_ocsp: Type.Boolean({ description: 'OCSP queries.' }),
});

/** Reference 4.2.6.1: what there is on this installation, for this account. No permission is asked for. */
export function siteFeatureRoutes({
  hsm,
  revocation,
  region,
}: Pick<PrivateCaPorts, 'hsm' | 'revocation' | 'region'>): (api: Api) => void {
  return (api) => {
    api.get(
      '/v1/pca/config/console',
      {
        schema: {
          operationId: 'getConsoleConfig',
          tags: ['Site features'],
          summary: 'Query the supported features of the site',
          response: { 200: consoleConfig },
        },
      },
      async ({ actor }) => {
        const mayUseHsm = hsm !== undefined && (hsm.accountNames?.includes(actor.accountName) ?? true);
        return {
          is_support_eps: true,
          is_support_sm2: true,
          is_support_dhsm: mayUseHsm,
          // PCA-D098: none where there is no cluster.
          dhsm_regions: mayUseHsm && region !== undefined ? [region] : [],
          is_support_yearly_monthly_ca: true,
          is_support_iam5: true,
          // Who answers for CAs is the same that publishes their CRLs.
          is_support_ocsp: revocation !== undefined,
        };
      },
    );
  };
}
