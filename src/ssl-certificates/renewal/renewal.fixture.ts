import {
  buildCsr,
  encodePem,
  generateKeyPair,
  issueCertificate,
  nameFromAttributes,
  newSerialNumber,
  parseCsr,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import type { CertificateApplication, Issuer, Issuers } from '../issuers/issuer.ts';
import type { Target, Targets } from '../targets/target.ts';
import type { Validators } from '../validators/validator.ts';

const dayMs = 86_400_000;
export const lifetimeMs = 365 * dayMs;

/** The body of an application by DNS. */
export const application = {
  domain: 'www.example.test',
  applicant_name: 'Ann',
  applicant_phone: '123',
  applicant_email: 'ann@example.test',
  agree_privacy_protection: true,
  domain_method: 'DNS',
  key_algorithm: 'EC_P256',
};

/** An issuer that issues at once what was verified, for a year from now; `clock` is set once there is one. */
export async function issuerDouble() {
  const { privateKeyPkcs8 } = await generateKeyPair('EC256');
  const signer = signerFromPkcs8(privateKeyPkcs8);
  const double = {
    clock: undefined as Clock | undefined,
    /** What was to be issued, in order. */
    asked: [] as CertificateApplication[],
    failure: undefined as Error | undefined,
  };
  const issuer: Issuer = {
    methods: ['DNS', 'EMAIL', 'FILE'],
    begin: async ({ names, method }) => ({
      state: '{}',
      challenges: names.map((domain) => ({
        domain,
        method,
        recordName: `_dnsauth.${domain}`,
        recordType: 'TXT',
        recordValue: 'value',
      })),
    }),
    async issue(application) {
      if (double.failure) throw double.failure;
      double.asked.push(application);
      const notBeforeMs = Math.floor(double.clock!.nowMs() / 1000) * 1000;
      const issuerName = nameFromAttributes({ commonName: 'Double' });
      const certificateDer = await issueCertificate({
        serialNumber: newSerialNumber(systemRandom.bytes),
        issuer: issuerName,
        subject: nameFromAttributes({ commonName: application.names[0]! }),
        notBeforeMs,
        notAfterMs: notBeforeMs + lifetimeMs,
        subjectPublicKeySpki: parseCsr(application.csrDer).spki,
        extensions: [
          subjectAlternativeNameExtension(application.names.map((value) => ({ type: 'DNS', value }))),
        ],
        signatureAlgorithm: signatureAlgorithmFor('EC256'),
        signer,
      });
      return { kind: 'issued', certificateDer, chainDer: [], reference: 'reference' };
    },
    abandon: async () => {},
    revoke: async () => undefined,
  };
  const issuers: Issuers = {
    chosen: () => ({ name: 'double', issuer }),
    named: () => issuer,
  };
  return Object.assign(double, { issuers });
}

/** PEM of a CSR whose key is not here. */
export async function generatedRequest(name: string): Promise<string> {
  const { privateKeyPkcs8 } = await generateKeyPair('EC256');
  const der = await buildCsr({
    subject: nameFromAttributes({ commonName: name }),
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
    signer: signerFromPkcs8(privateKeyPkcs8),
  });
  return encodePem('CERTIFICATE REQUEST', der);
}

/** Finds every record as long as `isFound`. */
export function validatorsDouble() {
  const double = { isFound: true };
  const validators: Validators = {
    check: async () => (double.isFound ? { kind: 'found' } : { kind: 'absent', reason: 'nothing there' }),
    isPrevalidated: () => false,
    canPublish: () => false,
    publish: async () => {},
    withdraw: async () => {},
    mail: async () => {},
  };
  return Object.assign(double, { validators });
}

/** One target for all places; keeps what was deployed, unless it fails. */
export function targetDouble() {
  const double = { failure: undefined as Error | undefined, deployed: [] as string[] };
  const target: Target = {
    push: async ({ certificateId }) => certificateId,
    async deploy({ certificateId }) {
      if (double.failure) throw double.failure;
      double.deployed.push(certificateId);
      return { targetCertificateId: certificateId, resourceName: 'resource' };
    },
    resourcesUsing: async () => undefined,
  };
  const targets: Targets = { find: () => target, projectsOf: () => ['p'] };
  return Object.assign(double, { targets });
}
