import type { Order } from 'acme-client';
import { encodePem, parseCertificate, parseCsr, parsePem, samePublicKey } from '../../../pki/index.ts';
import type { CertificateApplication, Issuance } from '../issuer.ts';
import type { AcmeSession } from './acme-account.ts';
import { type AcmeState, authorizationsOf, newOrder, refusalOf } from './acme-order.ts';
import { AcmeProblem, problemText } from './acme-transport.ts';
import { acmeChallengeOf, failureOf } from './authorizations.ts';

/** How long the server may take where it does not say. */
const validationMs = 3000;
const rateLimitMs = 3_600_000;
const longestWaitMs = 86_400_000;
const mostOrdersBefore = 3;

/**
 * Takes the order as far as it goes without waiting: has the challenges checked, or sends the CSR, or fetches the certificate. What the
 * server takes time for is looked at again in the next call, of whichever node.
 */
export async function advanceOrder(
  session: AcmeSession,
  application: CertificateApplication,
  state: AcmeState,
): Promise<Issuance> {
  try {
    return await advance(session, application, state);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) return refusal;
    if (error instanceof AcmeProblem && (error.type === 'rateLimited' || error.status === 429)) {
      return pending(state, error.retryAfterMs ?? rateLimitMs);
    }
    throw error;
  }
}

function pending(state: AcmeState, retryAfterMs = validationMs): Issuance {
  // Neither at once nor never, whatever the server says.
  const bounded = Math.min(Math.max(retryAfterMs, 1000), longestWaitMs);
  return { kind: 'pending', state: JSON.stringify(state), retryAfterMs: bounded };
}

async function advance(
  session: AcmeSession,
  application: CertificateApplication,
  state: AcmeState,
): Promise<Issuance> {
  const found = await findOrder(session, state.orderUrl);
  if (found === undefined) return startAgain(session, application, state);
  const { result: order, retryAfterMs } = found;
  switch (order.status) {
    case 'pending':
      return authorize(session, application, state, order);
    case 'ready':
      return finalize(session, application, state, order);
    case 'processing':
      return pending(state, retryAfterMs);
    case 'valid':
      return download(session, application, state, order);
    case 'invalid':
      return failed(session, application, state, order);
  }
}

/** Undefined if the server has forgotten it. */
async function findOrder(session: AcmeSession, url: string) {
  try {
    // The library wants an order; what it asks by is the address.
    return await session((client) => client.getOrder({ url } as Order));
  } catch (error) {
    if (error instanceof AcmeProblem && error.status === 404) return undefined;
    throw error;
  }
}

async function authorize(
  session: AcmeSession,
  application: CertificateApplication,
  state: AcmeState,
  order: Order,
): Promise<Issuance> {
  let retryMs: number | undefined;
  for (const authorization of await authorizationsOf(session, order)) {
    if (authorization.status === 'valid') continue;
    if (authorization.status === 'invalid') return { kind: 'refused', reason: failureOf(authorization) };
    if (authorization.status !== 'pending') return startAgain(session, application, state);
    const challenge = acmeChallengeOf(authorization, application.method);
    // `processing`: told before, and looked at now.
    if (challenge?.status !== 'pending') continue;
    const told = await session((client) => client.completeChallenge(challenge));
    retryMs = Math.max(retryMs ?? 0, told.retryAfterMs ?? 0) || undefined;
  }
  return pending(state, retryMs);
}

async function finalize(
  session: AcmeSession,
  application: CertificateApplication,
  state: AcmeState,
  order: Order,
): Promise<Issuance> {
  const csr = encodePem('CERTIFICATE REQUEST', application.csrDer);
  const sent = await session((client) => client.finalizeOrder(order, csr)).catch((error: unknown) => {
    // Of a CSR that names others than the order, servers say that they are not authorized; else it is the account that is not.
    if (error instanceof AcmeProblem && error.type === 'unauthorized') return error;
    throw error;
  });
  if (sent instanceof AcmeProblem) return { kind: 'refused', reason: `The CA refuses: ${sent.message}` };
  const { result, retryAfterMs } = sent;
  return result.status === 'valid'
    ? download(session, application, state, result)
    : pending(state, retryAfterMs);
}

async function download(
  session: AcmeSession,
  application: CertificateApplication,
  state: AcmeState,
  order: Order,
): Promise<Issuance> {
  const { result: text } = await session((client) => client.getCertificate(order));
  const [certificateDer, ...chainDer] = parsePem(text).map(({ der }) => der);
  const { spki } = parseCsr(application.csrDer);
  if (!certificateDer || !samePublicKey(parseCertificate(certificateDer).spki, spki)) {
    // Servers give an account its open order again for the same names: another application was faster to use it.
    return startAgain(session, application, state);
  }
  return { kind: 'issued', certificateDer, chainDer, reference: order.url };
}

/** An order becomes invalid by a name that was not proven, by its CA's refusal, or by its end. */
async function failed(
  session: AcmeSession,
  application: CertificateApplication,
  state: AcmeState,
  order: Order,
): Promise<Issuance> {
  const reason = problemText(order.error ?? {});
  const authorizations = await authorizationsOf(session, order);
  const invalid = authorizations.find(({ status }) => status === 'invalid');
  if (invalid) return { kind: 'refused', reason: failureOf(invalid) };
  if (reason !== '') return { kind: 'refused', reason: `The CA refuses: ${reason}` };
  return startAgain(session, application, state);
}

/** A new order does where its names still count as proven; else they would have to be proven by other records. */
async function startAgain(
  session: AcmeSession,
  application: CertificateApplication,
  { ordersBefore }: AcmeState,
): Promise<Issuance> {
  if (ordersBefore >= mostOrdersBefore) {
    return { kind: 'refused', reason: 'The CA ended one order after the other without fulfilling any.' };
  }
  const { order, authorizations } = await newOrder(session, application.names);
  const isProven = authorizations.every(({ status }) => status === 'valid');
  if (isProven) return pending({ orderUrl: order.url, ordersBefore: ordersBefore + 1 }, 0);
  return {
    kind: 'refused',
    reason:
      'The order at the CA ended before it was fulfilled, and its names have to be verified anew: apply again.',
  };
}
