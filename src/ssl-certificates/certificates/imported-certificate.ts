import type { Certificate } from '../../pki/index.ts';
import { scmError } from '../errors.ts';
import { requireLinked } from './certificate-chain.ts';
import { readCertificates } from './pem-text.ts';

/** Reference, table 4-30, and 4.1.3.5 for both together: characters. */
const longest = { certificate: 4096, chain: 8192, both: 4096 + 8192, key: 4096 } as const;

export interface SentCertificate {
  readonly certificate: string;
  readonly certificate_chain?: string | undefined;
  readonly private_key: string;
  readonly enc_certificate?: string | undefined;
  readonly enc_private_key?: string | undefined;
}

/** Throws SCM.0005 for what is missing, SCM.0065 for what is too long. */
export function requireComplete(sent: SentCertificate): void {
  requireText(sent.certificate, 'certificate', sent.certificate_chain ? longest.certificate : longest.both);
  requireText(sent.private_key, 'private_key', longest.key);
  if (sent.certificate_chain) requireText(sent.certificate_chain, 'certificate_chain', longest.chain);
  if (Boolean(sent.enc_certificate) !== Boolean(sent.enc_private_key))
    throw scmError('SCM.0005', 'enc_certificate and enc_private_key belong together: send both, or neither.');
  if (!sent.enc_certificate) return;
  requireText(sent.enc_certificate, 'enc_certificate', longest.certificate);
  requireText(sent.enc_private_key ?? '', 'enc_private_key', longest.key);
}

function requireText(text: string, field: string, most: number): void {
  if (text.trim() === '') throw scmError('SCM.0005', `${field} is mandatory.`);
  if (text.length > most)
    throw scmError('SCM.0065', `${field} has ${text.length} characters; at most ${most} are allowed.`);
}

/** The certificate is the first of its text. What stands below it is its chain, unless one is sent. Throws SCM.0006. */
export function readSentCertificate(sent: SentCertificate): {
  readonly certificate: Certificate;
  readonly below: readonly Certificate[];
} {
  const [certificate, ...below] = readCertificates(sent.certificate, 'certificate', 'SCM.0006');
  return { certificate: certificate!, below };
}

/** From the issuer of the certificate upwards, in order. Throws SCM.0013, SCM.0079, SCM.0109. */
export async function readSentChain(
  sent: SentCertificate,
  { certificate, below }: ReturnType<typeof readSentCertificate>,
): Promise<readonly Certificate[]> {
  const given = sent.certificate_chain?.trim()
    ? readCertificates(sent.certificate_chain, 'certificate_chain', 'SCM.0013')
    : below;
  // Files of chains often begin with the certificate itself.
  const chain = isSame(given[0], certificate) ? given.slice(1) : given;
  if (chain.length === 0 && given.length > 0 && given !== below)
    throw scmError('SCM.0109', 'certificate_chain holds nothing but the certificate; leave it out.');
  await requireLinked([certificate, ...chain]);
  return chain;
}

function isSame(a: Certificate | undefined, b: Certificate): boolean {
  return a !== undefined && Buffer.compare(a.der, b.der) === 0;
}
