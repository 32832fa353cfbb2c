import { MalformedError, privateKeyFromPemBlock } from '../../pki/index.ts';
import { type ScmErrorCode, scmError } from '../errors.ts';
import { readPem } from './pem-text.ts';

/** PKCS #1, SEC 1 (OpenSSL calls one of SM2 by a name of its own) and PKCS #8. */
const labels: Readonly<Record<string, string>> = {
  'PRIVATE KEY': 'PRIVATE KEY',
  'RSA PRIVATE KEY': 'RSA PRIVATE KEY',
  'EC PRIVATE KEY': 'EC PRIVATE KEY',
  'SM2 PRIVATE KEY': 'EC PRIVATE KEY',
};

/** DER of PKCS #8, which the caller wipes. Throws this code, never with a part of the key; also for a key with a password. */
export function readPrivateKey(text: string, field: string, code: ScmErrorCode): Uint8Array {
  try {
    // OpenSSL writes the curve in front of a key, as `EC PARAMETERS`.
    const [block, ...others] = readPem(text, 2).filter(({ label }) => !label.endsWith(' PARAMETERS'));
    if (block === undefined || others.length > 0) throw new MalformedError('there has to be exactly one key');
    if (block.label === 'ENCRYPTED PRIVATE KEY' || Object.keys(block.headers).length > 0)
      throw new MalformedError('it has a password; send it without one');
    const label = labels[block.label];
    if (label === undefined) throw new MalformedError('it is not a private key');
    const pkcs8 = privateKeyFromPemBlock(label, block.der);
    if (pkcs8 !== block.der) block.der.fill(0);
    return pkcs8;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw scmError(code, `${field}: ${error.message}.`, { cause: error });
  }
}
