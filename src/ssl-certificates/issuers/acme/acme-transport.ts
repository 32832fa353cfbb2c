import { AsyncLocalStorage } from 'node:async_hooks';
import { axios } from 'acme-client';
import {
  type Outbound,
  type OutboundAnswer,
  OutboundFailed,
  OutboundRefused,
} from '../../../platform/outbound/index.ts';
import { foreignText } from '../../foreign-text.ts';

/** Where an ACME server is, and how it is reached. */
export interface AcmeServer {
  readonly directoryUrl: string;
  readonly outbound: Pick<Outbound, 'request'>;
  /** PEM; trusted instead of the public CAs. */
  readonly ca: string | undefined;
}

/** What an ACME server answers instead of what it was asked for (RFC 8555 §6.7). */
export class AcmeProblem extends Error {
  readonly status: number;
  /** Without `urn:ietf:params:acme:error:`; empty if the answer has none. */
  readonly type: string;
  readonly retryAfterMs: number | undefined;

  constructor(answer: OutboundAnswer, nowMs: number) {
    const document = readDocument(answer);
    super(document.text || `The ACME server answered with status ${answer.status}.`);
    this.name = 'AcmeProblem';
    this.status = answer.status;
    this.type = document.type;
    this.retryAfterMs = retryAfterMs(answer, nowMs);
  }
}

/** An answer, and what its server said of when to ask again; undefined if it did not. */
export interface Exchanged<Result> {
  readonly result: Result;
  readonly retryAfterMs: number | undefined;
}

interface Exchange {
  readonly server: AcmeServer;
  readonly nowMs: number;
  retryAfterMs: number | undefined;
  nonceRefused: boolean;
}

const exchanges = new AsyncLocalStorage<Exchange>();
const requestTimeoutMs = 30_000;
/** The library itself tries six times; each round of these asks for new nonces. */
const nonceRounds = 4;
const badNonce = 'badNonce';

/**
 * Does one thing with the library's client, for this server. Throws AcmeProblem, OutboundRefused and OutboundFailed.
 * The library has one connection setup for the whole process, which would neither be judged by `Outbound` nor differ between servers; so
 * its requests come here, and find their server in the context. It also waits and repeats by itself, for minutes, what the
 * caller's job repeats better; that it does not for errors of ours.
 */
export async function exchange<Result>(
  server: AcmeServer,
  nowMs: number,
  work: () => Promise<Result>,
): Promise<Exchanged<Result>> {
  for (let round = 1; ; round += 1) {
    const state: Exchange = { server, nowMs, retryAfterMs: undefined, nonceRefused: false };
    try {
      const result = await exchanges.run(state, work);
      return { result, retryAfterMs: state.retryAfterMs };
    } catch (error) {
      if (!state.nonceRefused || isConclusive(error) || round === nonceRounds) throw error;
    }
  }
}

/** Whatever became of nonces, this is why it went wrong. */
function isConclusive(error: unknown): boolean {
  return error instanceof AcmeProblem || error instanceof OutboundFailed || error instanceof OutboundRefused;
}

axios.defaults.adapter = async (config) => {
  const current = exchanges.getStore();
  if (!current) throw new Error('an ACME request was made outside of an exchange');
  const { ca, directoryUrl, outbound } = current.server;
  const url = new URL(config.url ?? '');
  // RFC 8555 §6.1. The operator's address is https; what the server names may not be less.
  if (url.protocol !== 'https:') throw new Error(`the ACME server names ${url.origin}, which is not https`);
  const answer = await outbound.request(url.href, {
    // RFC 8555 §7.2: a new nonce is answered to GET as well as to HEAD.
    method: config.method === 'post' ? 'POST' : 'GET',
    headers: textHeaders(config.headers),
    ...(typeof config.data === 'string' && { body: config.data }),
    ...(ca !== undefined && { ca }),
    timeoutMs: requestTimeoutMs,
    // What the server names is judged like anyone's, unless it is the server itself.
    namedByOperator: url.host === new URL(directoryUrl).host,
  });
  current.retryAfterMs = retryAfterMs(answer, current.nowMs);
  // Those the library answers with another nonce.
  const nonceRefused = answer.status === 400 && readDocument(answer).type === badNonce;
  if (nonceRefused) current.nonceRefused = true;
  else if (answer.status >= 400) throw new AcmeProblem(answer, current.nowMs);
  const { headers, status } = answer;
  return { data: Buffer.from(answer.body).toString('utf8'), status, statusText: '', headers, config };
};

function textHeaders(headers: object): Record<string, string> {
  const entries = Object.entries(headers).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Of what a server says, for people: it is shown and kept. */
const longestText = 500;
const typePrefix = 'urn:ietf:params:acme:error:';

interface ProblemDocument {
  readonly type?: unknown;
  readonly detail?: unknown;
  readonly subproblems?: readonly {
    readonly detail?: unknown;
    readonly identifier?: { readonly value?: unknown };
  }[];
}

/** RFC 7807, with the subproblems of RFC 8555 §6.7.1. */
export function problemText({ detail, subproblems }: ProblemDocument): string {
  const parts = Array.isArray(subproblems)
    ? subproblems.map((each: NonNullable<ProblemDocument['subproblems']>[number]) =>
        [each?.identifier?.value, each?.detail].filter((part) => typeof part === 'string').join(': '),
      )
    : [];
  const text = [typeof detail === 'string' ? detail : '', ...parts].filter((part) => part !== '').join(' ');
  return foreignText(text, longestText);
}

function readDocument({ body }: OutboundAnswer): { readonly type: string; readonly text: string } {
  try {
    const document = JSON.parse(Buffer.from(body).toString('utf8')) as ProblemDocument;
    const type = String(document.type ?? '');
    const known = type.startsWith(typePrefix) ? type.slice(typePrefix.length) : '';
    return { type: known, text: problemText(document) };
  } catch {
    // Not every server in front of an ACME server speaks JSON.
    return { type: '', text: '' };
  }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfterMs({ headers }: OutboundAnswer, nowMs: number): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}
