/** Why a body is not usable JSON, in words for the caller; it never quotes the body, which may hold a secret. */
export class UnreadableBody extends Error {}

// RFC 8259 §8.1: JSON exchanged between systems is UTF-8. A byte order mark is ignored, as that section allows.
const decoder = new TextDecoder('utf-8', { fatal: true });

const [quote, backslash, openingBracket, openingBrace, closingBracket, closingBrace] = Buffer.from('"\\[{]}');

/** Either spelling of an underscore within a key, so that only suspicious texts are searched. */
const suspicious = /__proto__|\\u005f/i;

/** RFC 8259 §9 lets a parser limit this. No request has a tenth of it, and a body of nothing else takes a second to parse. */
const deepestLevel = 100;

/** Parses JSON; `undefined` for an empty body. Of equal keys the last one counts (RFC 8259 §4 leaves it open). */
export function parseJsonBody(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  if (isTooDeep(body)) throw new UnreadableBody(`the body has more than ${deepestLevel} levels`);
  const text = decode(body);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnreadableBody('the body is not JSON', { cause: error });
  }
  // An own key __proto__ becomes a prototype as soon as somebody copies it by assignment.
  if (suspicious.test(text) && hasProtoKey(value))
    throw new UnreadableBody('the key __proto__ is not allowed');
  return value;
}

/** Of what is no JSON it may say anything: the parser says so. */
function isTooDeep(body: Uint8Array): boolean {
  let level = 0;
  let isText = false;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index];
    if (byte === quote) isText = !isText;
    else if (isText && byte === backslash) index += 1;
    else if (!isText && (byte === openingBracket || byte === openingBrace)) level += 1;
    else if (!isText && (byte === closingBracket || byte === closingBrace)) level -= 1;
    if (level > deepestLevel) return true;
  }
  return false;
}

function decode(body: Uint8Array): string {
  try {
    return decoder.decode(body);
  } catch (error) {
    throw new UnreadableBody('the body is not UTF-8', { cause: error });
  }
}

function hasProtoKey(root: unknown): boolean {
  const waiting = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) return true;
    for (const member of Object.values(value))
      if (typeof member === 'object' && member !== null) waiting.push(member);
  }
  return false;
}

/** Refuses a charset that is not UTF-8 or its subset; bytes in another would be misread. */
export function requireUtf8(contentType: string | undefined): void {
  const charset = contentType && /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1]?.toLowerCase();
  if (charset && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii')
    throw new UnreadableBody('the charset of Content-Type must be utf-8');
}
