import assert from 'node:assert/strict';
import {
  basicConstraintsExtension,
  customExtension,
  encodePem,
  generateKeyPair,
  issueCertificate,
  keyUsageExtension,
  nameFromAttributes,
  parseCsr,
  parsePem,
  type Signer,
  signatureAlgorithmFor,
  signerFromPkcs8,
} from '../../pki/index.ts';
import type { BenchAccount } from '../private-ca.fixture.ts';
import { create, path, pendingBody } from './authorities.fixture.ts';

const dayMs = 86_400_000;

/** A CA that this installation knows nothing of. */
export interface OutsideCa {
  readonly name: string;
  readonly signer: Signer;
  readonly pem: string;
}

/** How a certificate differs from a usual one of a CA. */
export interface Wish {
  readonly isCa?: boolean;
  readonly pathLength?: number;
  /** From today; it began the day before. */
  readonly days?: number;
  readonly startDays?: number;
  readonly usages?: readonly ('keyCertSign' | 'cRLSign')[] | 'absent';
  readonly unknownCritical?: boolean;
}

interface Subject {
  readonly name: string;
  readonly organization?: string;
  readonly spki: Uint8Array;
}

async function certify(
  nowMs: number,
  { name, organization, spki }: Subject,
  issuer: Pick<OutsideCa, 'name' | 'signer'>,
  wish: Wish,
): Promise<string> {
  const { isCa = true, pathLength, days = 3650, startDays = 0, usages = ['keyCertSign', 'cRLSign'] } = wish;
  const startMs = nowMs + startDays * dayMs;
  const der = await issueCertificate({
    serialNumber: BigInt(`0x${Buffer.from(spki).subarray(-15).toString('hex')}`) | 1n,
    issuer: nameFromAttributes({ commonName: issuer.name }),
    subject: nameFromAttributes({ commonName: name, organization }),
    notBeforeMs: startMs - dayMs,
    notAfterMs: startMs + days * dayMs,
    subjectPublicKeySpki: spki,
    extensions: [
      basicConstraintsExtension(isCa, isCa ? pathLength : undefined),
      ...(usages === 'absent' ? [] : [keyUsageExtension(usages)]),
      ...(wish.unknownCritical ? [customExtension('1.2.3.4', Buffer.from([5, 0]), true)] : []),
    ],
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
    signer: issuer.signer,
  });
  return encodePem('CERTIFICATE', der);
}

async function newSigner(): Promise<Signer> {
  return signerFromPkcs8((await generateKeyPair('EC256')).privateKeyPkcs8);
}

/** A root CA outside; with the signer of another, its certificate anew. */
export async function outsideRoot(nowMs: number, wish: Wish = {}, known?: OutsideCa): Promise<OutsideCa> {
  const own = { name: 'Outside Root', signer: known?.signer ?? (await newSigner()) };
  return { ...own, pem: await certify(nowMs, { ...own, spki: own.signer.publicKeySpki }, own, wish) };
}

export async function outsideIntermediate(nowMs: number, issuer: OutsideCa): Promise<OutsideCa> {
  const own = { name: 'Outside Intermediate', signer: await newSigner() };
  return { ...own, pem: await certify(nowMs, { ...own, spki: own.signer.publicKeySpki }, issuer, {}) };
}

export async function csrOf(account: BenchAccount, caId: string) {
  const answer = await account.send<{ csr: string }>('GET', `${path}/${caId}/csr`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return { pem: answer.body.csr, parsed: parseCsr(parsePem(answer.body.csr)[0]!.der) };
}

/** A PENDING CA, and the certificate that an outside CA issued for its CSR. */
export async function certifiedOutside(
  account: BenchAccount,
  nowMs: number,
  issuer: OutsideCa,
  wish: Wish = {},
): Promise<{ caId: string; certificate: string }> {
  const caId = await create(account, pendingBody);
  const { parsed } = await csrOf(account, caId);
  const subject = { name: 'Imported CA', organization: 'Outside', spki: parsed.spki };
  return { caId, certificate: await certify(nowMs, subject, issuer, wish) };
}
