import type { Actor } from '../iam/actor.ts';
import { isUniqueViolation } from '../platform/db/index.ts';
import type { CertificateAuthority } from './ca.ts';
import { pcaError } from './errors.ts';
import type { PrivateCaPorts } from './ports.ts';
import type { CrlConfiguration } from './revocation-port.ts';

/** As it is sent, in crl_configuration or by itself; nothing about it is known yet. */
export interface SentCrlConfiguration {
  readonly crl_name?: unknown;
  readonly obs_bucket_name?: unknown;
  readonly valid_days?: unknown;
  /** Not in the reference. */
  readonly delta_hours?: unknown;
}

export type CrlColumns = Pick<
  CertificateAuthority,
  'crl_enabled' | 'crl_name' | 'crl_bucket' | 'crl_valid_days' | 'crl_delta_hours' | 'crl_dis_point'
>;

/** Reference 4.2.1.1: without CRLs all else about them is null. */
export const noCrl: CrlColumns = {
  crl_enabled: 0,
  crl_name: null,
  crl_bucket: null,
  crl_valid_days: null,
  crl_delta_hours: null,
  crl_dis_point: null,
};

// It becomes the name of an object and a part of an address. What ends in .delta would be taken for the delta of another.
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

function wrong(field: string, rule: string) {
  return pcaError('PCA.00020204', `${field} ${rule}.`);
}

function isWhole(value: unknown, from: number, to: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
}

/** Throws PCA.00020204. `prefix`: what the fields stand in. */
function readCrlConfiguration(sent: SentCrlConfiguration, caId: string, prefix: string): CrlConfiguration {
  const { obs_bucket_name: bucket, valid_days: days, delta_hours: hours } = sent;
  if (typeof bucket !== 'string' || bucket === '') {
    throw wrong(`${prefix}obs_bucket_name`, 'is mandatory, the name of a bucket');
  }
  if (!isWhole(days, 7, 30)) throw wrong(`${prefix}valid_days`, 'is mandatory, from 7 to 30');
  // PCA-D014: by default the CA whose CRL it is.
  const name =
    sent.crl_name === undefined || sent.crl_name === null || sent.crl_name === '' ? caId : sent.crl_name;
  if (typeof name !== 'string' || !namePattern.test(name) || name.endsWith('.delta')) {
    const rule = 'has to be 1 to 64 letters, digits, and characters of _.- without .delta at its end';
    throw wrong(`${prefix}crl_name`, rule);
  }
  if (hours !== undefined && hours !== null && !isWhole(hours, 1, days * 24 - 1)) {
    throw wrong(`${prefix}delta_hours`, 'has to be from 1 to less than valid_days');
  }
  return { name, bucket, validDays: days, deltaHours: hours ?? null };
}

/** RFC 5280 §4.2.1.3; undefined: a certificate without the extension, which permits everything. Throws PCA.00020204. */
export function requireCrlSign(keyUsages: readonly string[] | undefined): void {
  if (keyUsages === undefined || keyUsages.includes('cRLSign')) return;
  throw pcaError('PCA.00020204', 'The key usage of the CA lacks cRLSign, so it cannot sign CRLs.');
}

/**
 * The columns of a configuration that was found possible: its fields are right, the certificate's key may sign CRLs, the
 * bucket may be written into. Throws AccessDenied, PCA.00020204.
 */
export async function planCrl(
  { revocation }: Pick<PrivateCaPorts, 'revocation'>,
  actor: Actor,
  caId: string,
  keyUsages: readonly string[] | undefined,
  sent: SentCrlConfiguration,
  prefix = '',
): Promise<CrlColumns> {
  const configuration = readCrlConfiguration(sent, caId, prefix);
  if (revocation === undefined) {
    throw pcaError('PCA.00020204', 'CRL publication is not available on this installation.');
  }
  requireCrlSign(keyUsages);
  return {
    crl_enabled: 1,
    crl_name: configuration.name,
    crl_bucket: configuration.bucket,
    crl_valid_days: configuration.validDays,
    crl_delta_hours: configuration.deltaHours,
    crl_dis_point: await revocation.crlAddress(actor, configuration),
  };
}

/** Runs what writes a configuration. A file belongs to one CA: PCA.00020204 if another one's CRL is published there. */
export async function withOwnCrlFile<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw pcaError('PCA.00020204', 'crl_name is the CRL of another CA in this bucket; choose another name.', {
      cause: error,
    });
  }
}
