import { children, der, readDer } from '../pki/index.ts';
import type { Reader } from '../platform/db/index.ts';
import { findAuthorityCertificate } from './authorities/authority-store.ts';

/** More levels than a chain can have: path lengths end at 6, and a root has no limit. */
const longestChain = 32;

/** Certificates that stand one after the other, as `imported_chain_der` holds them. */
export function splitCertificates(concatenated: Uint8Array): Uint8Array[] {
  return children(readDer(der.sequence(concatenated))).map((certificate) => certificate.raw);
}

/**
 * DER of the certificates from a CA (included) up to the root: over issuers of this installation, then what was imported
 * above. Where an imported CA came without its chain, the chain ends with it.
 */
export async function chainFrom(reader: Reader, accountId: string, caId: string): Promise<Uint8Array[]> {
  const chain: Uint8Array[] = [];
  let next: string | null = caId;
  while (next !== null && chain.length < longestChain) {
    const row = await findAuthorityCertificate(reader, accountId, next);
    if (row?.certificate_der == null) break;
    chain.push(row.certificate_der);
    if (row.imported_chain_der !== null) chain.push(...splitCertificates(row.imported_chain_der));
    next = row.issuer_id;
  }
  return chain;
}
