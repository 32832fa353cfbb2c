import { availableParallelism } from 'node:os';
import {
  encodeJks,
  encodePem,
  encodePkcs12,
  encodeSignedAndEnvelopedData,
  encodeSm2EnvelopedKey,
  encryptedPrivateKeyLabel,
  encryptPkcs8,
  parseCertificate,
  pkcs8ToTraditionalPem,
} from '../../pki/index.ts';
import { FairPool } from '../../platform/fair-pool.ts';
import type { CertificateAuthority } from '../ca.ts';
import { pcaError } from '../errors.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { PrivateCertificate } from './certificate.ts';
import type { ExportContent } from './export-matrix.ts';
import { keyOwner } from './key-owner.ts';

/** What an export is made of. */
export interface ExportSource {
  readonly certificate: PrivateCertificate;
  readonly issuer: Pick<CertificateAuthority, 'account_id' | 'key_id'> | undefined;
  /** DER, from the issuer to the root. */
  readonly chain: readonly Uint8Array[];
  /** Encrypts private keys; undefined: they are not encrypted. */
  readonly password: string | undefined;
  /** Of PFX and JKS, which always have one. */
  readonly keystorePassword: string;
  readonly newline: '\n' | '\r\n';
}

/**
 * Derives keys from passwords: tens of milliseconds on libuv's threads, which sign too, or on the main one. Leaves a processor to
 * others, and accounts take turns.
 */
const derivations = new FairPool({
  atOnce: Math.max(1, availableParallelism() - 1),
  waiting: 1_024,
  waitingPerShare: 256,
});

type ExportPorts = Pick<PrivateCaPorts, 'keyStore' | 'random' | 'clock'>;

/** One file or field: text, or bytes of a keystore. Throws PCA.00030201 if nobody is left to sign an envelope. */
export async function exportedContent(
  ports: ExportPorts,
  source: ExportSource,
  content: ExportContent,
): Promise<string | Uint8Array> {
  const { certificate, chain, newline } = source;
  switch (content) {
    case 'certificate':
      return pemOf([certificate.certificate_der], newline);
    case 'chain':
      return pemOf(chain, newline);
    case 'certificateAndChain':
      return pemOf([certificate.certificate_der, ...chain], newline);
    case 'encCertificate':
      return pemOf([certificate.enc_certificate_der!], newline);
    case 'privateKey':
      return keyPem(ports, source, certificate.key_id!);
    case 'encPrivateKey':
      return keyPem(ports, source, certificate.enc_key_id!);
    case 'pfx':
    case 'jks':
      return keystore(ports, source, content);
    case 'keystorePassword':
      return source.keystorePassword;
    case 'envelopeGmt0009':
    case 'envelopeGmt0010':
      return envelope(ports, source, content);
  }
}

function pemOf(certificates: readonly Uint8Array[], newline: string): string {
  const text = certificates.map((der) => encodePem('CERTIFICATE', der, newline)).join('');
  // Files end with a newline; in JSON, as in the reference's example, certificates do not and keys do.
  return newline === '\r\n' ? text.trimEnd() : text;
}

/** Hands a private key to `use` and wipes it afterwards, whatever happens. */
async function withPrivateKey<Result>(
  { keyStore }: ExportPorts,
  { certificate }: ExportSource,
  keyId: string,
  use: (privateKeyPkcs8: Uint8Array) => Promise<Result> | Result,
): Promise<Result> {
  const pkcs8 = await keyStore.exportPrivateKey(keyOwner(certificate.account_id), keyId);
  try {
    return await use(pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}

function keyPem(ports: ExportPorts, source: ExportSource, keyId: string): Promise<string> {
  const { certificate, password, newline } = source;
  if (password === undefined)
    return withPrivateKey(ports, source, keyId, (pkcs8) => pkcs8ToTraditionalPem(pkcs8, newline));
  return derivations.run({ share: certificate.account_id }, () =>
    withPrivateKey(ports, source, keyId, async (pkcs8) => {
      const encrypted = await encryptPkcs8(pkcs8, password, (length) => ports.random.bytes(length));
      return encodePem(encryptedPrivateKeyLabel, encrypted, newline);
    }),
  );
}

function keystore(ports: ExportPorts, source: ExportSource, format: 'pfx' | 'jks'): Promise<Uint8Array> {
  const { certificate, chain, keystorePassword: password } = source;
  const name = certificate.common_name || 'certificate';
  const certificatesDer = [certificate.certificate_der, ...chain];
  const randomBytes = (length: number) => ports.random.bytes(length);
  return derivations.run({ share: certificate.account_id }, () =>
    withPrivateKey(ports, source, certificate.key_id!, (privateKeyPkcs8) => {
      const shared = { privateKeyPkcs8, certificatesDer, password, randomBytes };
      return format === 'pfx'
        ? encodePkcs12({ ...shared, friendlyName: name })
        : encodeJks({ ...shared, alias: name, createdMs: ports.clock.nowMs() });
    }),
  );
}

/** Base64 of a digital envelope that brings the encryption key to the holder of the signature key. */
async function envelope(
  ports: ExportPorts,
  source: ExportSource,
  standard: 'envelopeGmt0009' | 'envelopeGmt0010',
): Promise<string> {
  const { certificate } = source;
  const randomBytes = (length: number) => ports.random.bytes(length);
  const signer = standard === 'envelopeGmt0010' ? await envelopeSigner(ports, source) : undefined;
  const bytes = await withPrivateKey(ports, source, certificate.enc_key_id!, (privateKeyPkcs8) =>
    signer === undefined
      ? encodeSm2EnvelopedKey({
          recipientPublicKeySpki: parseCertificate(certificate.certificate_der).spki,
          privateKeyPkcs8,
          randomBytes,
        })
      : encodeSignedAndEnvelopedData({
          recipientCertificateDer: certificate.certificate_der,
          privateKeyPkcs8,
          signerCertificateDer: source.chain[0]!,
          signer,
          randomBytes,
        }),
  );
  return Buffer.from(bytes).toString('base64');
}

/** GM/T 0010 wants the sender's signature: the CA's, as far as its key still exists. */
async function envelopeSigner({ keyStore }: ExportPorts, { issuer }: ExportSource) {
  if (issuer?.key_id == null) {
    throw pcaError(
      'PCA.00030201',
      'The issuing CA was deleted, so no envelope can be signed: export with is_sm_standard false.',
    );
  }
  return keyStore.signer(keyOwner(issuer.account_id), issuer.key_id);
}
