import type { Actor } from '../../iam/actor.ts';
import { buildCsr, type KeyAlgorithm, signatureAlgorithmFor } from '../../pki/index.ts';
import { requireAllowed } from '../ca.ts';
import { toEncodedName } from '../distinguished-name.ts';
import { pcaError } from '../errors.ts';
import { apiPem } from '../pem-text.ts';
import type { AuthorityPorts } from './authority-ports.ts';
import { loadAuthority } from './load-authority.ts';

/** The request for an external CA to certify a PENDING one, in PEM. Signed anew each time, with the hash of the key's strength. */
export async function exportAuthorityCsr(ports: AuthorityPorts, actor: Actor, caId: string): Promise<string> {
  const ca = await loadAuthority(ports, actor, 'exportAuthorityCsr', caId);
  requireAllowed('exportCsr', ca, ports.clock.nowMs());
  if (ca.key_id === null) {
    throw pcaError(
      'PCA.00030201',
      'The CA was purchased and has no name and no key yet: create or activate it.',
    );
  }
  const signer = await ports.keyStore.signer({ accountId: ca.account_id, purpose: 'pca' }, ca.key_id);
  const csr = await buildCsr({
    subject: toEncodedName(ca),
    signer,
    signatureAlgorithm: signatureAlgorithmFor(ca.key_algorithm as KeyAlgorithm),
  });
  return apiPem('CERTIFICATE REQUEST', csr);
}
