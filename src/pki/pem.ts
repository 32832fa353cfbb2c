import { MalformedError } from './malformed-error.ts';

/** As many as 4 MB of base64 have. Millions of empty ones would take half a second to read. */
export const mostPemLines = 65_536;

/** One PEM block. `headers` are RFC 1421's (Proc-Type, DEK-Info), empty in all modern files. */
export type PemBlock = { label: string; der: Uint8Array; headers: Record<string, string> };

const beginLine = /^-----BEGIN ([A-Z0-9]+(?:[ -][A-Z0-9]+)*)-----$/;
const longestBeginLine = 128;
const base64Line = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Every PEM block of a text (RFC 7468), in order. LF or CRLF; text between blocks is allowed, as OpenSSL writes it;
 * inside a block nothing but base64 is. More than `limit` blocks or `mostPemLines` lines, or no block, throw MalformedError.
 */
export function parsePem(text: string, limit = 100): PemBlock[] {
  const blocks: PemBlock[] = [];
  if (occursMoreThan(text, '\n', mostPemLines))
    throw new MalformedError(`PEM: more than ${mostPemLines} lines`);
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.trimEnd();
    if (!line.startsWith('-----')) continue;
    const label = line.length > longestBeginLine ? undefined : beginLine.exec(line)?.[1];
    if (label === undefined) throw new MalformedError('PEM: not a BEGIN line');
    if (blocks.length === limit) throw new MalformedError(`PEM: more than ${limit} blocks`);
    const end = findEnd(lines, at + 1, label);
    blocks.push(readBlock(label, lines.slice(at + 1, end)));
    at = end;
  }
  if (blocks.length === 0) throw new MalformedError('PEM: no block');
  return blocks;
}

/** Reports whether a text has a part more than `count` times, at the price of looking at no more than those. */
export function occursMoreThan(text: string, part: string, count: number): boolean {
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    found += 1;
    if (found > count) return true;
  }
  return false;
}

function findEnd(lines: string[], from: number, label: string): number {
  for (let at = from; at < lines.length; at++) {
    if (!lines[at]!.startsWith('-----')) continue;
    if (lines[at]!.trimEnd() === `-----END ${label}-----`) return at;
    break;
  }
  throw new MalformedError(`PEM: ${label} has no END line`);
}

function readBlock(label: string, lines: string[]): PemBlock {
  const headers: Record<string, string> = {};
  let bodyFrom = 0;
  if (lines[0]?.includes(':')) {
    const blank = lines.findIndex((line) => line.trim() === '');
    if (blank < 0) throw new MalformedError('PEM: headers without a blank line');
    for (const line of lines.slice(0, blank)) {
      const colon = line.indexOf(':');
      if (colon < 1) throw new MalformedError('PEM: not a header');
      headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
    }
    bodyFrom = blank + 1;
  }
  return { label, headers, der: decodeBody(lines.slice(bodyFrom)) };
}

function decodeBody(lines: string[]): Uint8Array {
  const body = lines.map((line) => line.trim()).join('');
  // Node skips what is not base64, so strictness is ours: the alphabet, whole groups, and no stray bits at the end.
  if (!base64Line.test(body) || body.length % 4 !== 0) throw new MalformedError('PEM: not base64');
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('base64') !== body) throw new MalformedError('PEM: base64 not canonical');
  return bytes;
}

/** The single PEM block of a text, which must have one of these labels. Throws MalformedError. */
export function parseSinglePem(text: string, ...labels: string[]): Uint8Array {
  const [block] = parsePem(text, 1);
  if (!labels.includes(block!.label)) throw new MalformedError(`PEM: expected ${labels[0]}`);
  return block!.der;
}

/** A PEM block with lines of 64 characters, ending in a newline (RFC 7468 §2). */
export function encodePem(label: string, der: Uint8Array, newline = '\n'): string {
  const body = Buffer.from(der.buffer, der.byteOffset, der.length).toString('base64');
  let text = `-----BEGIN ${label}-----${newline}`;
  for (let at = 0; at < body.length; at += 64) text += body.slice(at, at + 64) + newline;
  return `${text}-----END ${label}-----${newline}`;
}
