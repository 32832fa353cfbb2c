import type { UnsavedKey } from '../../kms/key-store.ts';
import type { Transaction } from '../../platform/db/index.ts';

export type ValidationMethod = 'DNS' | 'FILE' | 'EMAIL';

/** Organisation, for OV and EV: what goes into the certificate's subject. */
export interface Organization {
  readonly country: string;
  readonly province: string;
  readonly city: string;
  readonly name: string;
  readonly unit: string | undefined;
}

/** What an issuer is asked for. */
export interface CertificateApplication {
  readonly certificateId: string;
  readonly accountId: string;
  readonly brand: string;
  readonly type: string;
  /** All names, the primary one first: A-labels in lower case, `*.` in front of a wildcard name, or one IP address. */
  readonly names: readonly string[];
  /** PKCS #10, proven already; its key is what is certified, its other contents are not. */
  readonly csrDer: Uint8Array;
  readonly keyAlgorithm: string;
  readonly method: ValidationMethod;
  readonly organization: Organization | undefined;
  readonly applicantEmail: string;
  readonly validityMonths: number;
  readonly hashAlgorithm: 'DEFAULT' | 'SHA-256';
}

/** What shows that the applicant holds a name. */
export interface Challenge {
  readonly domain: string;
  readonly method: ValidationMethod;
  /** DNS: the name of the record. FILE: the path, from `/`. EMAIL: the address to which the link goes. */
  readonly recordName: string;
  /** As the API shows it. */
  readonly recordType: 'TXT' | 'FILE' | 'EMAIL';
  /** DNS: the text. FILE: the contents. EMAIL: empty. */
  readonly recordValue: string;
}

export interface BegunApplication {
  /** What the issuer wants to be given back, as text; a secret must not be in it. */
  readonly state: string;
  readonly challenges: readonly Challenge[];
}

export interface IssuedSslCertificate {
  readonly kind: 'issued';
  readonly certificateDer: Uint8Array;
  /** From the issuer upwards, without the root unless the issuer sends it. */
  readonly chainDer: readonly Uint8Array[];
  /** What the issuer needs to revoke it. */
  readonly reference: string;
  /** SM2: the encryption certificate and its key, which is made by the issuer; `envelope`: the key for who keeps the signature key. */
  readonly encryption?: {
    readonly certificateDer: Uint8Array;
    readonly key: UnsavedKey;
    readonly envelope: string | undefined;
  };
  /** Records the issuance where the issuer keeps books: in the transaction that stores the certificate. */
  readonly record?: (transaction: Transaction) => Promise<void>;
}

export type Issuance =
  | IssuedSslCertificate
  /** To be asked again, with the state of this answer. */
  | { readonly kind: 'pending'; readonly state: string; readonly retryAfterMs: number }
  /** For good: the application fails. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Who issues certificates of a brand and type. What it throws means that it could not be asked, and it is asked again later; what it
 * will never do it answers as `refused`. Every call may come twice, from another node as well.
 */
export interface Issuer {
  /** Methods by which its applicants may show that they hold a name. */
  readonly methods: readonly ValidationMethod[];
  /** It looks for itself whether applicants hold their names: what the operator declares to be proven does not count with it. */
  readonly looksItself?: true;
  begin(
    application: CertificateApplication,
  ): Promise<BegunApplication | { readonly kind: 'refused'; readonly reason: string }>;
  /** All challenges were seen by us, and an organisation was approved where the type wants it. */
  issue(application: CertificateApplication, state: string): Promise<Issuance>;
  /** The application was withdrawn. */
  abandon(application: CertificateApplication, state: string): Promise<void>;
  /** `reason`: as in RFC 5280 5.3.1, such as `keyCompromise`. Returns what goes into the books in the caller's transaction. */
  revoke(
    certificate: {
      readonly accountId: string;
      readonly certificateDer: Uint8Array;
      readonly reference: string;
    },
    reason: string,
  ): Promise<((transaction: Transaction) => Promise<void>) | undefined>;
}

/** The issuers of the configuration. */
export interface Issuers {
  /** The issuer for a brand and type, under the name that `named` finds again. Throws SCM.0017 if there is none. */
  chosen(brand: string, type: string): { readonly name: string; readonly issuer: Issuer };
  /** Undefined if the configuration has it no more. */
  named(name: string): Issuer | undefined;
}
