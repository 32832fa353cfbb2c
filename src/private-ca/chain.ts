import { children, der, readDer } from '../pki/index.ts';
import type { Reader } from '../platform/db/index.ts';
import { type AuthorityCertificate, findAuthorityCertificate } from './authorities/authority-store.ts';

/** More levels than a chain can have: path lengths end at 6, and a root has no limit. */
const longestChain = 32;

/** Certificates that stand one after the other, as `imported_chain_der` holds them. */
export function splitCertificates(concatenated: Uint8Array): Uint8Array[] {
  return children(readDer(der.sequence(concatenated))).map((certificate) => certificate.raw);
}

/** The CAs of this installation from one CA (included) upwards. */
async function authoritiesFrom(
  reader: Reader,
  accountId: string,
  caId: string,
): Promise<AuthorityCertificate[]> {
  const found: AuthorityCertificate[] = [];
  let next: string | null = caId;
  while (next !== null && found.length < longestChain) {
    const row = await findAuthorityCertificate(reader, accountId, next);
    if (row?.certificate_der == null) break;
    found.push(row);
    next = row.issuer_id;
  }
  return found;
}

/**
 * DER of the certificates from a CA (included) up to the root: over issuers of this installation, then what was imported
 * above. Where an imported CA came without its chain, the chain ends with it.
 */
export async function chainFrom(reader: Reader, accountId: string, caId: string): Promise<Uint8Array[]> {
  return (await chainWithAuthorities(reader, accountId, caId)).chain;
}

/** As `chainFrom`, with the ids of the CAs of this installation in it, the nearest first. */
export async function chainWithAuthorities(
  reader: Reader,
  accountId: string,
  caId: string,
): Promise<{ readonly chain: Uint8Array[]; readonly caIds: readonly string[] }> {
  const rows = await authoritiesFrom(reader, accountId, caId);
  const chain = rows.flatMap(({ certificate_der: own, imported_chain_der: imported }) => [
    ...(own === null ? [] : [own]),
    ...(imported === null ? [] : splitCertificates(imported)),
  ]);
  return { chain, caIds: rows.map(({ ca_id }) => ca_id) };
}
