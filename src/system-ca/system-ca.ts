import { isIP } from 'node:net';
import type { KeyOwner, KeyStore } from '../kms/index.ts';
import {
  type AlternativeName,
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  type DistinguishedName,
  encodePem,
  extendedKeyUsageExtension,
  generateKeyPair,
  issueCertificate,
  keyIdentifierOf,
  keyUsageExtension,
  nameFromAttributes,
  newSerialNumber,
  oids,
  parseCertificate,
  parseSinglePem,
  signatureAlgorithmFor,
  subjectAlternativeNameExtension,
  subjectKeyIdentifierExtension,
} from '../pki/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, insertSettingIfAbsent, readSetting } from '../platform/db/index.ts';
import type { ServerCredentials } from '../platform/http/index.ts';
import type { Random } from '../platform/random.ts';

export interface SystemCaPorts {
  readonly database: Database;
  readonly keyStore: KeyStore;
  readonly random: Random;
  /** The machine's own time: clients check certificates against theirs, which no dev clock moves. */
  readonly clock: Clock;
}

/** The installation's own CA, which certifies its servers and nothing else. */
export interface SystemCa {
  /** What clients are to trust. */
  readonly certificatePem: string;
  /** A certificate with a new key for the given DNS names and IP addresses; other words are left out. */
  issueServerCertificate(names: readonly string[]): Promise<ServerCredentials>;
}

interface StoredCa {
  readonly certificatePem: string;
  readonly keyId: string;
}

const owner: KeyOwner = { accountId: 'system', purpose: 'system' };
const settingName = 'system-ca';
const dayMs = 86_400_000;
const caLifetimeMs = 20 * 365 * dayMs;
const serverLifetimeMs = 30 * dayMs;
/** Clients whose clocks are behind. */
const backdatedMs = 3_600_000;
const algorithm = 'EC256';
const dnsName = /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/;

/** Opens the CA of this installation; at first start makes it. */
export async function openSystemCa(ports: SystemCaPorts): Promise<SystemCa> {
  const stored = (await findStored(ports)) ?? (await createCa(ports));
  return {
    certificatePem: stored.certificatePem,
    issueServerCertificate: (names) => issueServerCertificate(ports, stored, names),
  };
}

async function findStored({ database }: SystemCaPorts): Promise<StoredCa | undefined> {
  const text = await readSetting(database, settingName);
  return text === undefined ? undefined : (JSON.parse(text) as StoredCa);
}

async function createCa(ports: SystemCaPorts): Promise<StoredCa> {
  const { database, keyStore, random, clock } = ports;
  const key = await keyStore.generate(owner, algorithm);
  const keyIdentifier = keyIdentifierOf(key.publicKeySpki);
  // Browsers keep roots by name; another installation's must not look the same.
  const name = nameOf(`OpenCCM System CA ${Buffer.from(keyIdentifier.subarray(0, 4)).toString('hex')}`);
  const certificate = await issueCertificate({
    serialNumber: newSerialNumber(random.bytes),
    issuer: name,
    subject: name,
    notBeforeMs: clock.nowMs() - backdatedMs,
    notAfterMs: clock.nowMs() + caLifetimeMs,
    subjectPublicKeySpki: key.publicKeySpki,
    extensions: [
      basicConstraintsExtension(true, 0),
      keyUsageExtension(['keyCertSign', 'cRLSign']),
      subjectKeyIdentifierExtension(keyIdentifier),
    ],
    signatureAlgorithm: signatureAlgorithmFor(algorithm),
    signer: key.signer,
  });
  const made: StoredCa = { certificatePem: encodePem('CERTIFICATE', certificate), keyId: key.keyId };
  await database.transaction(async (transaction) => {
    if (await insertSettingIfAbsent(transaction, settingName, JSON.stringify(made)))
      await keyStore.save(transaction, key);
  });
  return (await findStored(ports))!;
}

async function issueServerCertificate(
  { keyStore, random, clock }: SystemCaPorts,
  stored: StoredCa,
  names: readonly string[],
): Promise<ServerCredentials> {
  const issuer = parseCertificate(parseSinglePem(stored.certificatePem, 'CERTIFICATE'));
  const signer = await keyStore.signer(owner, stored.keyId);
  // Never stored: a node that starts again simply gets another.
  const { privateKeyPkcs8, publicKeySpki } = await generateKeyPair(algorithm);
  const notAfterMs = clock.nowMs() + serverLifetimeMs;
  const alternativeNames = [...new Set(names)].flatMap(alternativeNameOf);
  const certificate = await issueCertificate({
    serialNumber: newSerialNumber(random.bytes),
    issuer: issuer.subjectDer,
    subject: nameOf('OpenCCM'),
    notBeforeMs: clock.nowMs() - backdatedMs,
    notAfterMs,
    subjectPublicKeySpki: publicKeySpki,
    extensions: [
      basicConstraintsExtension(false),
      keyUsageExtension(['digitalSignature']),
      extendedKeyUsageExtension([oids.serverAuth]),
      subjectAlternativeNameExtension(alternativeNames),
      subjectKeyIdentifierExtension(keyIdentifierOf(publicKeySpki)),
      authorityKeyIdentifierExtension(keyIdentifierOf(signer.publicKeySpki)),
    ],
    signatureAlgorithm: signatureAlgorithmFor(algorithm),
    signer,
  });
  return {
    certificatePem: encodePem('CERTIFICATE', certificate),
    keyPem: encodePem('PRIVATE KEY', privateKeyPkcs8),
    notAfterMs,
  };
}

function alternativeNameOf(value: string): AlternativeName[] {
  if (isIP(value)) return [{ type: 'IP', value }];
  return dnsName.test(value) ? [{ type: 'DNS', value }] : [];
}

function nameOf(commonName: string): DistinguishedName {
  return nameFromAttributes({ commonName, organization: 'OpenCCM' });
}
