import { isIP } from 'node:net';
import type { Authorization, Order } from 'acme-client';
import type { AcmeSession } from './acme-account.ts';
import { AcmeProblem } from './acme-transport.ts';
import { nameOf } from './authorizations.ts';

/** What an application remembers of its order. */
export interface AcmeState {
  readonly orderUrl: string;
  /** How many orders it had before. */
  readonly ordersBefore: number;
}

export type Refused = { readonly kind: 'refused'; readonly reason: string };

/**
 * RFC 8555 §6.7: what the server will not do, however often it is asked. All else can change: the rest is of the account, which is the
 * operator's, or of the server.
 */
const finalProblems = [
  'badCSR',
  'badPublicKey',
  'badSignatureAlgorithm',
  'caa',
  'compound',
  'malformed',
  'rejectedIdentifier',
  'unsupportedIdentifier',
];

/** Undefined unless the server has refused for good. */
export function refusalOf(error: unknown): Refused | undefined {
  if (!(error instanceof AcmeProblem) || !finalProblems.includes(error.type)) return undefined;
  return { kind: 'refused', reason: `The CA refuses: ${error.message}` };
}

/** A new order, and its authorizations in the order of the application's names. */
export async function newOrder(
  session: AcmeSession,
  names: readonly string[],
): Promise<{ readonly order: Order; readonly authorizations: readonly Authorization[] }> {
  const identifiers = names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
  const { result: order } = await session((client) => client.createOrder({ identifiers }));
  const authorizations = await authorizationsOf(session, order);
  const position = (authorization: Authorization) => names.indexOf(nameOf(authorization));
  return { order, authorizations: authorizations.sort((one, other) => position(one) - position(other)) };
}

/** One after the other: a hundred names at once would be a hundred connections. */
export async function authorizationsOf(session: AcmeSession, order: Order): Promise<Authorization[]> {
  const found: Authorization[] = [];
  for (const url of order.authorizations) {
    const { result } = await session((client) =>
      client.getAuthorizations({ ...order, authorizations: [url] }),
    );
    found.push(...result);
  }
  return found;
}
