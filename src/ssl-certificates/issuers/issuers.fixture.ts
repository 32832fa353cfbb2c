import { after } from 'node:test';
import { freshAddress } from '../../../test/support/databases.ts';
import { auditMigrations, createIdentityDouble } from '../../../test/support/identity-double.ts';
import { createJobs, jobsMigrations } from '../../jobs/index.ts';
import {
  createKeyStore,
  type KeyStore,
  migrations as kmsMigrations,
  openMasterKey,
} from '../../kms/index.ts';
import {
  buildCsr,
  generateKeyPair,
  type KeyAlgorithm,
  nameFromAttributes,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import { FixedClock } from '../../platform/clock.ts';
import { type Database, type Migrations, openDatabase, settingsMigrations } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import { systemRandom } from '../../platform/random.ts';
import {
  createPrivateCa,
  type PrivateCa,
  migrations as privateCaMigrations,
  type RevocationPort,
} from '../../private-ca/index.ts';
import { migrations } from '../index.ts';
import { type ConfiguredIssuers, createIssuers } from './create-issuers.ts';
import type { CertificateApplication, IssuedSslCertificate } from './issuer.ts';
import type { IssuerConfiguration } from './issuer-configuration.ts';
import { alternativeNames } from './server-certificate-profile.ts';

/** 2026-06-01T12:00:00.250Z: with a fraction of a second, which certificates do not have. */
export const testNowMs = Date.UTC(2026, 5, 1, 12, 0, 0, 250);

export const issuerMigrations: Migrations = {
  ...settingsMigrations,
  ...kmsMigrations,
  ...jobsMigrations,
  ...privateCaMigrations,
  ...migrations,
  ...auditMigrations,
};

/** One node for a whole file of tests; what depends on the engine is tested on both elsewhere. */
export async function openSqliteNode(options: NodeOptions = {}): Promise<IssuerNode> {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations: issuerMigrations, log: silentLog });
  after(() => database.close());
  return openNode(database, options);
}

/** The certificate, recorded as its applicant's would be. */
export async function issued(
  { database, issuers }: Pick<IssuerNode, 'database' | 'issuers'>,
  application: CertificateApplication,
): Promise<IssuedSslCertificate> {
  const { issuer } = issuers.chosen(application.brand, application.type);
  const issuance = await issuer.issue(application, '{}');
  if (issuance.kind !== 'issued') throw new Error(`not issued: ${JSON.stringify(issuance)}`);
  await database.transaction(async (transaction) => issuance.record?.(transaction));
  return issuance;
}

/** One node: what it has besides the database is its own. */
export interface IssuerNode {
  readonly issuers: ConfiguredIssuers;
  readonly privateCa: PrivateCa;
  readonly keyStore: KeyStore;
  readonly clock: FixedClock;
  readonly database: Database;
  /** CAs whose status was to be published, in order. */
  readonly published: string[];
  /** Serial numbers of which relying parties were to be told. */
  readonly changed: string[];
}

export interface NodeOptions {
  readonly configuration?: IssuerConfiguration;
  readonly outbound?: Pick<Outbound, 'request'>;
}

const unreachable: Pick<Outbound, 'request'> = {
  request: async (url) => Promise.reject(new Error(`${url} was asked`)),
};

export async function openNode(
  database: Database,
  { configuration = {}, outbound = unreachable }: NodeOptions = {},
): Promise<IssuerNode> {
  const common = { database, clock: new FixedClock(testNowMs), random: systemRandom, log: silentLog };
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const source = { kind: 'environment', name: 'KEY', base64 } as const;
  const masterKey = await openMasterKey({ ...common, source });
  const jobs = createJobs(common);
  const keyStore = createKeyStore({ ...common, masterKey, token: undefined, scheduler: jobs });
  const published: string[] = [];
  const changed: string[] = [];
  const revocation: RevocationPort = {
    crlAddress: async () => Promise.reject(new Error('no CRLs here')),
    crlConfigured: async () => {},
    async statusChanged(_transaction, { serialNumbers }) {
      changed.push(...serialNumbers);
    },
    committed() {},
    addressExtensions: () => [],
  };
  const identity = createIdentityDouble();
  const privateCa = createPrivateCa({
    ...common,
    identity,
    keyStore,
    jobs,
    revocation,
    accountExists: async () => true,
  });
  const publishStatus = async (_accountId: string, caId: string) => {
    published.push(caId);
  };
  const { serverCertificates } = privateCa;
  const ports = { ...common, keyStore, outbound, serverCertificates, publishStatus };
  const issuers = createIssuers(ports, configuration);
  return { issuers, privateCa, keyStore, clock: common.clock, database, published, changed };
}

export const accountId = 'a'.repeat(32);

/** An application for a DV certificate of a year, whose key the applicant keeps, unless `fields` say otherwise. */
export async function newApplication(
  fields: Partial<CertificateApplication> = {},
  algorithm: KeyAlgorithm = 'EC256',
): Promise<CertificateApplication & { readonly privateKeyPkcs8: Uint8Array }> {
  const { privateKeyPkcs8 } = await generateKeyPair(algorithm);
  const names = fields.names ?? ['www.example.test'];
  const csrDer = await buildCsr({
    subject: nameFromAttributes({ commonName: names[0] }),
    extensions: [subjectAlternativeNameExtension(alternativeNames(names))],
    signatureAlgorithm: signatureAlgorithmFor(algorithm),
    signer: signerFromPkcs8(privateKeyPkcs8),
  });
  return {
    certificateId: 'scs1590053258704',
    accountId,
    brand: 'GEOTRUST',
    type: 'DV_SSL_CERT',
    names,
    csrDer,
    keyAlgorithm: algorithm,
    method: 'DNS',
    organization: undefined,
    applicantEmail: 'ann@example.test',
    validityMonths: 12,
    hashAlgorithm: 'DEFAULT',
    ...fields,
    privateKeyPkcs8,
  };
}
