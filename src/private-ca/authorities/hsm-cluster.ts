import type { Static } from 'typebox';
import type { Actor } from '../../iam/actor.ts';
import { type KeyAlgorithm, parseCertificate, parseSinglePem } from '../../pki/index.ts';
import { pcaError } from '../errors.ts';
import { withRealNewlines } from '../pem-text.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { isMlDsa } from '../signature-algorithm.ts';
import type { hsmClusterInfo } from './authority-schemas.ts';

/**
 * The HSM cluster that the key of a CA is to be in; undefined: none was asked for. Throws PCA.00000101 unless the account may use
 * that cluster, PCA.00020102 for a key that HSMs do not hold, PCA.00020001 for a certificate that is none.
 */
export function requestedCluster(
  { hsm }: Pick<PrivateCaPorts, 'hsm'>,
  { accountName }: Pick<Actor, 'accountName'>,
  sent: Static<typeof hsmClusterInfo> | undefined,
  keyAlgorithm: KeyAlgorithm,
): string | undefined {
  if (sent === undefined) return undefined;
  const { hsm_cluster_id: clusterId, hsm_ca_cert: certificate } = sent;
  const isAllowed = hsm?.clusterId === clusterId && (hsm.accountNames?.includes(accountName) ?? true);
  // "Only for users in the whitelist" (reference 4.2.1.2); the code of who has no permission for a limited feature.
  if (!isAllowed) {
    throw pcaError(
      'PCA.00000101',
      'hsm_cluster_info is only for users in the whitelist of HSM clusters, and hsm_cluster_id has to name theirs.',
    );
  }
  if (keyAlgorithm === 'SM2' || isMlDsa(keyAlgorithm)) {
    throw pcaError(
      'PCA.00020102',
      `key_algorithm ${keyAlgorithm} cannot be kept in an HSM; use RSA or EC, or no HSM.`,
    );
  }
  if (!isCertificate(certificate)) {
    throw pcaError(
      'PCA.00020001',
      'hsm_cluster_info.hsm_ca_cert has to be the Base64 of a certificate in PEM.',
    );
  }
  return clusterId;
}

/** The reference's words fit the PEM, encoded once more, and the Base64 that stands in the PEM. Nothing is done with it: a
 * PKCS#11 library has its own way to know its HSM. */
function isCertificate(text: string): boolean {
  const decoded = Buffer.from(text, 'base64');
  const candidates = [
    () => parseSinglePem(withRealNewlines(text), 'CERTIFICATE'),
    () => parseSinglePem(decoded.toString('latin1'), 'CERTIFICATE'),
    () => decoded,
  ];
  return candidates.some((der) => {
    try {
      parseCertificate(der());
      return true;
    } catch {
      return false;
    }
  });
}
