/** The signed parts of a request but its body, as they came over the wire. */
export interface WireHead {
  readonly method: string;
  /** Path and query as received, not decoded: a router's decoded form cannot be signed again. */
  readonly rawUrl: string;
  /** Node's form: lower-case names; values are bytes read as Latin-1. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface WireRequest extends WireHead {
  readonly body: Uint8Array;
}

/** All but the payload hash, which follows it after a newline. Undefined if the URL is malformed or a signed header is absent. */
export function canonicalRequestHead(
  request: WireHead,
  signedHeaders: readonly string[],
): string | undefined {
  const question = request.rawUrl.indexOf('?');
  const path = question < 0 ? request.rawUrl : request.rawUrl.slice(0, question);
  const query = question < 0 ? '' : request.rawUrl.slice(question + 1);
  const headers = canonicalHeaders(request.headers, signedHeaders);
  if (headers === undefined) return undefined;
  try {
    return [
      request.method.toUpperCase(),
      canonicalPath(path),
      canonicalQuery(query),
      headers,
      signedHeaders.join(';'),
    ].join('\n');
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function canonicalPath(path: string): string {
  const encoded = decodeURIComponent(path).split('/').map(percentEncode).join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs: [string, string][] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? '' : part.slice(equals + 1);
    pairs.push([decodeURIComponent(name), decodeURIComponent(value)]);
  }
  pairs.sort((a, b) => compareCodePoints(a[0], b[0]) || compareCodePoints(a[1], b[1]));
  return pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
}

/** UTF-16 order puts supplementary characters before U+E000; the order of UTF-8 bytes is that of code points. */
function compareCodePoints(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

function canonicalHeaders(
  headers: WireHead['headers'],
  signedHeaders: readonly string[],
): string | undefined {
  let lines = '';
  for (const name of signedHeaders) {
    const value = headers[name];
    if (value === undefined) return undefined;
    const text = typeof value === 'string' ? value : value.join(', ');
    // The signer hashes UTF-8; Node hands the same bytes over as Latin-1.
    lines += `${name}:${Buffer.from(text, 'latin1').toString('utf8').trim()}\n`;
  }
  return lines;
}

/** encodeURIComponent leaves five more characters alone than the signers do. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
