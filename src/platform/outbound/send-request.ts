import { isIPv4, type LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { OutboundAnswer, OutboundRequest } from './index.ts';
import { OutboundFailed } from './outbound-errors.ts';

const defaultMaxBytes = 1024 * 1024;

/**
 * One request on a connection of its own, to one of these addresses and no other: a connection that is kept would outlive the
 * judgement of its address. Throws OutboundFailed.
 */
export async function sendRequest(
  url: URL,
  addresses: readonly string[],
  request: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const client = new Client(url.origin, {
    allowH2: false,
    connect: {
      lookup: lookupOf(addresses),
      autoSelectFamily: true,
      timeout: 0,
      ...(request.ca === undefined ? {} : { ca: request.ca }),
      ...(request.anyCertificate ? { rejectUnauthorized: false } : {}),
    },
    // The signal bounds everything; undici's own times would only be a second opinion.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const answer = await client.request({
      method: request.method ?? 'GET',
      path: `${url.pathname}${url.search}`,
      headers: request.headers ?? {},
      body: request.body ?? null,
      signal,
    });
    const body = await readBody(answer.body, request.maxBytes ?? defaultMaxBytes);
    return { status: answer.statusCode, headers: plainHeaders(answer.headers), body };
  } catch (error) {
    throw failureOf(url, error, signal);
  } finally {
    // Not close(), which would wait for a peer that does not end.
    await client.destroy();
  }
}

function lookupOf(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }));
  return (_host, options, callback) => {
    const [first] = entries;
    if (options.all) callback(null, entries);
    else callback(null, first!.address, first!.family);
  };
}

async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw new OutboundFailed(`The answer is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function plainHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : String(value ?? ''),
    ]),
  );
}

function failureOf(url: URL, error: unknown, signal: AbortSignal): OutboundFailed {
  if (error instanceof OutboundFailed) return error;
  if (signal.aborted) return new OutboundFailed(`${url.host} did not answer in time.`, { cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no valid answer';
  return new OutboundFailed(`${url.host} could not be asked: ${code}.`, { cause: error });
}
