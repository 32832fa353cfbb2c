import type { Actor } from '../../iam/actor.ts';
import { requireAllowed } from '../ca.ts';
import { chainFrom, splitCertificates } from '../chain.ts';
import { apiPem, apiPemChain } from '../pem-text.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { loadAuthorityOrShared } from './load-authority.ts';

export interface ExportedAuthority {
  /** PEM. */
  readonly certificate: string;
  /** PEM, from the issuer up to the root, without the CA's own; null for a root CA, and for an imported one without its chain. */
  readonly certificateChain: string | null;
}

export async function exportAuthority(
  ports: PrivateCaPorts,
  actor: Actor,
  caId: string,
): Promise<ExportedAuthority> {
  const ca = await loadAuthorityOrShared(ports, actor, 'exportAuthority', caId);
  requireAllowed('export', ca, ports.clock.nowMs());
  if (ca.certificate_der === null) throw new Error(`CA ${ca.ca_id} is ${ca.status} without a certificate`);
  const imported = ca.imported_chain_der === null ? [] : splitCertificates(ca.imported_chain_der);
  const chain =
    ca.issuer_id === null ? imported : await chainFrom(ports.database, ca.account_id, ca.issuer_id);
  return { certificate: apiPem('CERTIFICATE', ca.certificate_der), certificateChain: apiPemChain(chain) };
}
