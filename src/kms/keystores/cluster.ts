import { encodePem, parseCertificate, parseSinglePem } from '../../pki/index.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { KeystoreTable } from '../tables.ts';

export interface ClusterInput {
  readonly keystoreType: string | undefined;
  readonly hsmClusterId: string | undefined;
  /** PEM. */
  readonly hsmCaCert: string | undefined;
  readonly clusterId: string | undefined;
}

export type ClusterColumns = Pick<
  KeystoreTable,
  'keystore_type' | 'hsm_cluster_id' | 'cluster_id' | 'hsm_ca_cert'
>;

/** Later pages of the vendor number the types. */
const numberedTypes: Readonly<Record<string, string>> = { '0': 'DEFAULT', '1': 'DHSM', '2': 'CDMS' };

function requireType({
  keystoreType,
  hsmClusterId,
  clusterId,
}: ClusterInput): KeystoreTable['keystore_type'] {
  const implied = hsmClusterId !== undefined ? 'DHSM' : clusterId !== undefined ? 'CDMS' : 'DEFAULT';
  const text = keystoreType ?? implied;
  const type = numberedTypes[text] ?? text;
  if (type === 'DEFAULT' || type === 'DHSM' || type === 'CDMS') return type;
  throw kmsError('KMS.0308', 'keystore_type must be DHSM, CDMS or DEFAULT.');
}

/** The certificate is kept for whoever asks; PKCS#11 libraries have their own way to know their HSM. */
function requireCertificate(pem: string): string {
  try {
    const certificateDer = parseSinglePem(pem, 'CERTIFICATE');
    parseCertificate(certificateDer);
    return encodePem('CERTIFICATE', certificateDer);
  } catch {
    throw kmsError('KMS.0308', 'hsm_ca_cert must be a certificate in PEM.');
  }
}

function requireHsm({ token }: KmsContext, input: ClusterInput): ClusterColumns {
  const clusterId = input.hsmClusterId ?? input.clusterId;
  if (clusterId === undefined) throw kmsError('KMS.0308', 'hsm_cluster_id is mandatory for DHSM.');
  if (!token) throw kmsError('KMS.0340', 'This installation has no HSM; use keystore_type DEFAULT.');
  if (token.clusterId !== clusterId) throw kmsError('KMS.0308', `There is no HSM cluster ${clusterId}.`);
  return {
    keystore_type: 'DHSM',
    hsm_cluster_id: clusterId,
    cluster_id: clusterId,
    hsm_ca_cert: input.hsmCaCert === undefined ? null : requireCertificate(input.hsmCaCert),
  };
}

/** Where the keys of a new keystore live. Throws KMS.0308, and KMS.0340 for hardware that there is none of. */
export function requireCluster(context: KmsContext, input: ClusterInput): ClusterColumns {
  const type = requireType(input);
  switch (type) {
    case 'DEFAULT':
      return { keystore_type: type, hsm_cluster_id: null, cluster_id: '0', hsm_ca_cert: null };
    case 'DHSM':
      return requireHsm(context, input);
    case 'CDMS':
      throw kmsError('KMS.0340', 'This installation has no crypto-card cluster; use DHSM or DEFAULT.');
  }
}
