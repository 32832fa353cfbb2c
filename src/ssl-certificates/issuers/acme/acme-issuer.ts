import type { Authorization } from 'acme-client';
import { encodePem } from '../../../pki/index.ts';
import type { CertificateApplication, Challenge, Issuer, ValidationMethod } from '../issuer.ts';
import {
  type AcmeAccountPorts,
  type AcmeAccountSettings,
  AcmeAccounts,
  type AcmeSession,
} from './acme-account.ts';
import { type AcmeState, newOrder, type Refused, refusalOf } from './acme-order.ts';
import { AcmeProblem } from './acme-transport.ts';
import { advanceOrder } from './advance-order.ts';
import { acmeChallengeOf, challengeFor, nameOf } from './authorizations.ts';

/** RFC 5280 §5.3.1; ACME cannot take a revocation back, so there is no hold. */
const reasonCodes: Readonly<Record<string, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

/** See `openAcmeIssuer`. */
export function createAcmeIssuer(
  ports: AcmeAccountPorts,
  settings: AcmeAccountSettings,
): Omit<Issuer, 'methods' | 'looksItself'> {
  const accounts = new AcmeAccounts(ports, settings);
  return {
    begin: (application) =>
      accounts.use(application.accountId, async (session) => {
        try {
          return await begin(session, application);
        } catch (error) {
          const refusal = refusalOf(error);
          if (refusal) return refusal;
          throw error;
        }
      }),
    issue: (application, state) =>
      accounts.use(application.accountId, (session) =>
        advanceOrder(session, application, JSON.parse(state) as AcmeState),
      ),
    // ACME cannot take an order back; it expires. Its authorizations may be another application's too.
    async abandon() {},
    async revoke({ accountId, certificateDer }, reason) {
      await accounts.use(accountId, (session) => revoke(session, certificateDer, reason));
      return undefined;
    },
  };
}

async function begin(session: AcmeSession, { method, names }: CertificateApplication) {
  const { order, authorizations } = await newOrder(session, names);
  const challenges: Challenge[] = [];
  for (const authorization of authorizations) {
    // The account has shown it before, and the server remembers.
    if (authorization.status === 'valid') continue;
    const problem = problemOf(authorization, method, names);
    if (problem !== undefined) return { kind: 'refused', reason: problem } satisfies Refused;
    const { result } = await session((client) => challengeFor(client, authorization, method));
    if (result === undefined) {
      const reason = `The CA does not verify ${nameOf(authorization)} by the method ${method}.`;
      return { kind: 'refused', reason } satisfies Refused;
    }
    challenges.push(result);
  }
  return { state: JSON.stringify({ orderUrl: order.url, ordersBefore: 0 } satisfies AcmeState), challenges };
}

/** RFC 8555 §8: of base64url. It becomes a path, or is read by a shell somewhere. */
const tokenForm = /^[A-Za-z0-9_-]+$/;

/** Records are written as the server says, into zones of the operator: for names that were applied for, and those above them (§7.1.3). */
function problemOf(
  authorization: Authorization,
  method: ValidationMethod,
  names: readonly string[],
): string | undefined {
  const name = nameOf(authorization);
  const base = name.replace(/^\*\./, '').toLowerCase();
  const isOfApplication = names.some((each) => `.${each.replace(/^\*\./, '')}`.endsWith(`.${base}`));
  if (!isOfApplication) return `The CA asks for a proof of ${name}, which was not applied for.`;
  const token = acmeChallengeOf(authorization, method)?.token;
  return token === undefined || tokenForm.test(token)
    ? undefined
    : `The CA sent a token for ${name} that is none (RFC 8555 8).`;
}

async function revoke(session: AcmeSession, certificateDer: Uint8Array, reason: string): Promise<void> {
  const code = reasonCodes[reason];
  if (code === undefined) throw new Error(`ACME does not revoke for the reason ${reason}`);
  const certificate = encodePem('CERTIFICATE', certificateDer);
  const send = (withCode: boolean) =>
    session((client) => client.revokeCertificate(certificate, withCode ? { reason: code } : {}));
  try {
    await send(true);
  } catch (error) {
    if (!(error instanceof AcmeProblem)) throw error;
    if (error.type === 'alreadyRevoked') return;
    // Public CAs take some reasons only; that it is revoked matters more than why.
    if (error.type !== 'badRevocationReason') throw error;
    await send(false);
  }
}
