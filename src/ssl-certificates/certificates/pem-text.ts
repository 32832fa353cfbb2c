import {
  type Certificate,
  encodePem,
  MalformedError,
  type PemBlock,
  parseCertificate,
  parsePem,
} from '../../pki/index.ts';
import { type ScmErrorCode, scmError } from '../errors.ts';

/** More than a chain can need, and each costs a parse. */
const longestChain = 20;

/**
 * PEM as clients send it: with line breaks, or with the two characters `\n` in their place; without the last one; in the
 * reference's example also without one between two blocks. Throws MalformedError.
 */
export function readPem(text: string, limit: number): PemBlock[] {
  const lines = text.includes('\\') ? text.replaceAll('\\r', '').replaceAll('\\n', '\n') : text;
  return parsePem(lines.trim().replaceAll('----------BEGIN ', '-----\n-----BEGIN '), limit);
}

/** The certificates of a text, at least one. Throws this code, naming the field. */
export function readCertificates(text: string, field: string, code: ScmErrorCode): Certificate[] {
  try {
    return readPem(text, longestChain).map(({ label, der }) => {
      // RFC 7468 §5.1: an older label of the same thing.
      if (!/^(X509 )?CERTIFICATE$/.test(label)) throw new MalformedError('a block is not a CERTIFICATE');
      return parseCertificate(der);
    });
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw scmError(code, `${field} cannot be read: ${error.message}.`, { cause: error });
  }
}

/** Certificates one below the other, each with a line break at its end: texts can be put together as they are. */
export function certificatesPem(certificates: readonly Uint8Array[]): string {
  return certificates.map((der) => encodePem('CERTIFICATE', der)).join('');
}
