/** Why a body is not usable JSON, in words for the caller; it never quotes the body, which may hold a secret. */
export class UnreadableBody extends Error {}

// RFC 8259 §8.1: JSON exchanged between systems is UTF-8. A byte order mark is ignored, as that section allows.
const decoder = new TextDecoder('utf-8', { fatal: true });

const [quote = 0, backslash = 0] = Buffer.from('"\\');

/** Effect of a byte outside a text on the structure; 0 for most. A table is ten times faster than comparisons. */
const plain = 0;
const opens = 1;
const closes = 2;
const separates = 3;
const beginsText = 4;
const roles = new Uint8Array(256);
for (const [bytes, role] of [
  ['[{', opens],
  [']}', closes],
  [',:', separates],
  ['"', beginsText],
] as const)
  for (const byte of Buffer.from(bytes)) roles[byte] = role;

/** Either spelling of an underscore within a key, so that only suspicious texts are searched. */
const suspicious = /__proto__|\\u005f/i;

/** RFC 8259 §9 lets a parser limit this. No request has a tenth of it. */
const deepestLevel = 100;
/** Values and keys. Parsing a million keys takes seconds; no request of the reference has a tenth of this. */
export const mostJsonElements = 10_000;

/** Parses JSON; `undefined` for an empty body. Of equal keys the last one counts (RFC 8259 §4 leaves it open). */
export function parseJsonBody(body: Uint8Array, mostElements: number = mostJsonElements): unknown {
  if (body.length === 0) return undefined;
  requireSmallStructure(body, mostElements);
  const text = decode(body);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // No cause: the parser's error quotes the body, which may hold a secret.
    throw new UnreadableBody('the body is not JSON');
  }
  // An own key __proto__ becomes a prototype as soon as somebody copies it by assignment.
  if (suspicious.test(text) && hasProtoKey(value))
    throw new UnreadableBody('the key __proto__ is not allowed');
  return value;
}

/**
 * Counts levels and elements in the bytes, in one pass and before anything is allocated for them. Repeated keys count each time.
 * The counts of what is no JSON mean nothing; the parser refuses it afterwards.
 */
function requireSmallStructure(body: Uint8Array, mostElements: number): void {
  let level = 0;
  let elements = 1;
  for (let index = 0; index < body.length; index += 1) {
    const role = roles[body[index]!];
    if (role === plain) continue;
    if (role === beginsText) {
      index = endOfText(body, index);
      continue;
    }
    if (role === closes) level -= 1;
    else elements += 1;
    if (role === opens) level += 1;
    if (level > deepestLevel) throw new UnreadableBody(`the body has more than ${deepestLevel} levels`);
    if (elements > mostElements)
      throw new UnreadableBody(`the body has more than ${mostElements} keys and values`);
  }
}

/** The index of the quote that ends the text which begins at `start`; the length of the body if nothing ends it. */
function endOfText(body: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < body.length) {
    const byte = body[index];
    if (byte === quote) return index;
    index += byte === backslash ? 2 : 1;
  }
  return index;
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
