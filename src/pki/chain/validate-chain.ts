import { type Certificate, verifyCertificateSignature } from '../certificate/parse-certificate.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { sameName } from '../names/same-name.ts';
import {
  type ComparisonBudget,
  constrainedNames,
  namesSatisfy,
  newComparisonBudget,
} from './name-constraints.ts';

/** Why a chain is not valid; the first thing found, cheap checks before signatures. */
export type ChainFailure =
  | 'EMPTY'
  | 'TOO_LONG'
  | 'NOT_YET_VALID'
  | 'EXPIRED'
  | 'UNKNOWN_CRITICAL_EXTENSION'
  | 'ISSUER_NAME_MISMATCH'
  | 'ISSUER_NOT_CA'
  | 'ISSUER_KEY_USAGE'
  | 'PATH_LENGTH_EXCEEDED'
  | 'NAME_CONSTRAINT_VIOLATED'
  | 'UNSUPPORTED_ALGORITHM'
  | 'BAD_SIGNATURE';

/** `index` counts from the leaf and names the certificate at fault. */
export type ChainResult =
  | { readonly valid: true }
  | { readonly valid: false; readonly reason: ChainFailure; readonly index: number };

/** Longest chain that is looked at; OpenSSL stops at 100 too. */
export const chainLimit = 100;

/** RFC 5280 §6.1: an issuer certificate to itself, as when a CA renews its key; does not count for path lengths. */
function isSelfIssued(certificate: Certificate): boolean {
  return namesMatch(certificate, certificate);
}

function namesMatch(certificate: Certificate, issuer: Certificate): boolean {
  // Names nearly always match in bytes, which is far cheaper to see.
  if (Buffer.compare(certificate.issuerDer, issuer.subjectDer) === 0) return true;
  return sameName(certificate.issuer, issuer.subject);
}

function checkCertificate(certificate: Certificate, atMs: number): ChainFailure | undefined {
  if (atMs < certificate.notBeforeMs) return 'NOT_YET_VALID';
  // notAfter is a whole second that still belongs to the validity.
  if (atMs >= certificate.notAfterMs + 1000) return 'EXPIRED';
  return certificate.unknownCriticalExtensions.length > 0 ? 'UNKNOWN_CRITICAL_EXTENSION' : undefined;
}

/** RFC 5280 §6.1.4 (k) to (n): what makes a certificate fit to issue, with `below` CA certificates under it. */
function checkIssuer(issuer: Certificate, below: number): ChainFailure | undefined {
  const { basicConstraints, keyUsage } = issuer.known;
  if (issuer.version !== 3 || basicConstraints?.ca !== true) return 'ISSUER_NOT_CA';
  if (keyUsage !== undefined && !keyUsage.includes('keyCertSign')) return 'ISSUER_KEY_USAGE';
  const { pathLength } = basicConstraints;
  return pathLength !== undefined && below > pathLength ? 'PATH_LENGTH_EXCEEDED' : undefined;
}

/** RFC 5280 §6.1.3 (b): constraints bind all certificates below, save self-issued ones that are not the leaf. */
function violatesConstraints(
  certificates: readonly Certificate[],
  index: number,
  budget: ComparisonBudget,
): boolean {
  const certificate = certificates[index]!;
  if (index > 0 && isSelfIssued(certificate)) return false;
  const names = constrainedNames(certificate);
  return certificates.slice(index + 1).some((issuer) => {
    const constraints = issuer.known.nameConstraints;
    return constraints !== undefined && !namesSatisfy(names, constraints, budget);
  });
}

async function checkSignature(
  certificate: Certificate,
  issuerSpki: Uint8Array,
): Promise<ChainFailure | undefined> {
  try {
    return (await verifyCertificateSignature(certificate, issuerSpki)) ? undefined : 'BAD_SIGNATURE';
  } catch (error) {
    if (error instanceof UnsupportedAlgorithmError) return 'UNSUPPORTED_ALGORITHM';
    if (error instanceof MalformedError) return 'BAD_SIGNATURE';
    throw error;
  }
}

/** All checks but signatures, which cost the most and so come last. */
function checkStructure(certificates: readonly Certificate[], atMs: number): ChainResult {
  let caCertificatesBelow = 0;
  const budget = newComparisonBudget();
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1];
    const own = checkCertificate(certificate, atMs);
    if (own !== undefined) return { valid: false, reason: own, index };
    if (violatesConstraints(certificates, index, budget))
      return { valid: false, reason: 'NAME_CONSTRAINT_VIOLATED', index };
    if (issuer === undefined) break;
    if (!namesMatch(certificate, issuer)) return { valid: false, reason: 'ISSUER_NAME_MISMATCH', index };
    if (index > 0 && !isSelfIssued(certificate)) caCertificatesBelow += 1;
    const failure = checkIssuer(issuer, caCertificatesBelow);
    if (failure !== undefined) return { valid: false, reason: failure, index: index + 1 };
  }
  return { valid: true };
}

/**
 * Validates certificates in the order leaf to root (RFC 5280 §6.1, without policies and revocation): names link,
 * signatures hold, issuers are CAs that may sign, path lengths, name constraints, all valid at `atMs` (milliseconds since
 * 1970). The last one is trusted as given; if it is self-issued, its own signature must hold too. Never throws for what
 * the certificates say.
 */
export async function validateChain(
  certificates: readonly Certificate[],
  options: { readonly atMs: number },
): Promise<ChainResult> {
  if (certificates.length === 0) return { valid: false, reason: 'EMPTY', index: 0 };
  if (certificates.length > chainLimit) return { valid: false, reason: 'TOO_LONG', index: chainLimit };
  const structure = checkStructure(certificates, options.atMs);
  if (!structure.valid) return structure;
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1] ?? (isSelfIssued(certificate) ? certificate : undefined);
    if (issuer === undefined) break;
    const reason = await checkSignature(certificate, issuer.spki);
    if (reason !== undefined) return { valid: false, reason, index };
  }
  return { valid: true };
}
