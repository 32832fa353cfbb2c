import type { KeyStore, UnsavedKey } from '../../kms/index.ts';
import { encodeSm2EnvelopedKey, generateKeyPair, parseCsr } from '../../pki/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import type { Random } from '../../platform/random.ts';
import type { ServerCertificates } from '../../private-ca/index.ts';
import type { CertificateApplication, Issuance, Issuer } from './issuer.ts';
import { ownChallenges, ownMethods } from './own-challenges.ts';
import { alternativeNames, subjectOf, validationOf, validityDays } from './server-certificate-profile.ts';

export interface AuthorityIssuerPorts {
  readonly random: Random;
  readonly keyStore: Pick<KeyStore, 'importPrivateKey'>;
  readonly serverCertificates: ServerCertificates;
}

/** Of an issuer that has a CA here. */
export interface AuthorityIssuerSettings {
  /** The mailbox of EMAIL challenges. */
  readonly mailbox: string;
  readonly withUnit: boolean;
  /** Dotted policy identifiers for a certificate of this type. */
  readonly policies: (type: string) => readonly string[];
  /** The CA for an application, as an account may use it; a text says why there is none for good. */
  readonly authority: (
    application: CertificateApplication,
    isSm2: boolean,
  ) => Promise<{ readonly accountId: string; readonly caId: string } | string>;
}

/** What a revocation is about: `reference` of what these issuers issued. */
interface Reference {
  readonly issuerAccountId: string;
  readonly issuerId: string;
  readonly serialNumbers: readonly string[];
}

/** The CA may issue again later: it is disabled, expired or frozen. */
const temporaryCodes = ['PCA.00030201', 'PCA.00030202'];

const isTemporary = ({ code, status }: ServiceError) => status === 429 || temporaryCodes.includes(code);

function refused(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason };
}

/** Issues with CAs of this installation. */
export function createAuthorityIssuer(
  ports: AuthorityIssuerPorts,
  settings: AuthorityIssuerSettings,
): Issuer {
  const { serverCertificates } = ports;
  return {
    methods: ownMethods,
    async begin(application) {
      const wildcard = application.names.find((name) => name.startsWith('*.'));
      if (wildcard !== undefined && validationOf(application.type) === 'EV') {
        // CA/Browser Forum, EV Guidelines §9.8.1.
        return refused(`An EV certificate cannot be for the wildcard name ${wildcard}.`);
      }
      const challenges = ownChallenges({ random: ports.random, mailbox: settings.mailbox }, application);
      return 'kind' in challenges ? challenges : { state: '{}', challenges };
    },
    issue: (application) => issue(ports, settings, application),
    // Nothing was begun anywhere else.
    async abandon() {},
    async revoke({ reference }, reason) {
      const issued = JSON.parse(reference) as Reference;
      return (transaction) => serverCertificates.revoke(transaction, issued, reason);
    },
  };
}

async function issue(
  ports: AuthorityIssuerPorts,
  settings: AuthorityIssuerSettings,
  application: CertificateApplication,
): Promise<Issuance> {
  const { spki, publicKey } = parseCsr(application.csrDer);
  const isSm2 = publicKey.kind === 'SM2';
  const authority = await settings.authority(application, isSm2);
  if (typeof authority === 'string') return refused(authority);
  const encryption = isSm2 ? await newEncryptionKey(ports, application.accountId, spki) : undefined;
  try {
    const issued = await ports.serverCertificates.issue({
      ...authority,
      subjectId: application.certificateId,
      spki,
      ...(encryption && { encryptionSpki: encryption.key.publicKeySpki }),
      subject: subjectOf(application, settings),
      names: alternativeNames(application.names),
      validityDays: validityDays(application.validityMonths),
      policies: settings.policies(application.type),
    });
    const { issuerAccountId, issuerId, serialNumbers } = issued;
    return {
      kind: 'issued',
      certificateDer: issued.certificateDer,
      chainDer: issued.chainDer,
      reference: JSON.stringify({ issuerAccountId, issuerId, serialNumbers } satisfies Reference),
      ...(encryption && {
        encryption: { ...encryption, certificateDer: issued.encryptionCertificateDer! },
      }),
      record: (transaction) => issued.record(transaction),
    };
  } catch (error) {
    if (error instanceof ServiceError && error.status < 500 && !isTemporary(error)) {
      return refused(error.detail ?? error.message);
    }
    throw error;
  }
}

/** GM/T 0015: the issuer makes the encryption key. The envelope brings it to whoever keeps the signature key. */
async function newEncryptionKey(
  { keyStore, random }: AuthorityIssuerPorts,
  accountId: string,
  recipientPublicKeySpki: Uint8Array,
): Promise<{ key: UnsavedKey; envelope: string }> {
  const { privateKeyPkcs8 } = await generateKeyPair('SM2');
  try {
    const randomBytes = (length: number) => random.bytes(length);
    const envelope = encodeSm2EnvelopedKey({ recipientPublicKeySpki, privateKeyPkcs8, randomBytes });
    const key = await keyStore.importPrivateKey({ accountId, purpose: 'scm' }, privateKeyPkcs8);
    return { key, envelope: Buffer.from(envelope).toString('base64') };
  } finally {
    privateKeyPkcs8.fill(0);
  }
}
