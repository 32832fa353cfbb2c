import { kmsError } from '../errors.ts';

/** Older clients send an object of strings; Terraform sends its text. */
export type EncryptionContext = string | Readonly<Record<string, string>>;

const MAX_AAD_BYTES = 128;
const MAX_CONTEXT_CHARACTERS = 8192;

export interface Binding {
  readonly additionalAuthenticatedData: string | undefined;
  readonly encryptionContext: EncryptionContext | undefined;
}

export const noBinding: Binding = { additionalAuthenticatedData: undefined, encryptionContext: undefined };

export function isBound(binding: Binding): boolean {
  return binding.additionalAuthenticatedData !== undefined || binding.encryptionContext !== undefined;
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function contextFields(context: EncryptionContext): { kind: number; fields: Buffer[]; characters: number } {
  if (typeof context === 'string') return { kind: 1, fields: [field(context)], characters: context.length };
  const entries = Object.entries(context);
  // Sorted by bytes: the order of members in JSON means nothing (RFC 8259 §4).
  const names = entries.map(([name, value]) => [field(name), field(value)] as const);
  names.sort(([a], [b]) => Buffer.compare(a, b));
  const characters = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return { kind: 2, fields: names.flat(), characters };
}

const absent = Buffer.of(0, 0);

/**
 * The bytes that authenticate what the caller gave beside the plaintext; no two bindings give the same, and "" is not the same as
 * nothing. Throws KMS.0308 for data over 128 bytes, KMS.0208 for a context over 8192 characters.
 */
export function encodeBinding({ additionalAuthenticatedData, encryptionContext }: Binding): Buffer {
  if (additionalAuthenticatedData === undefined && encryptionContext === undefined) return absent;
  const parts: Buffer[] = [];
  if (additionalAuthenticatedData === undefined) parts.push(Buffer.of(0));
  else {
    const data = field(additionalAuthenticatedData);
    if (data.length - 4 > MAX_AAD_BYTES)
      throw kmsError('KMS.0308', `additional_authenticated_data must be at most ${MAX_AAD_BYTES} bytes.`);
    parts.push(Buffer.of(1), data);
  }
  if (encryptionContext === undefined) parts.push(Buffer.of(0));
  else {
    const { kind, fields, characters } = contextFields(encryptionContext);
    if (characters > MAX_CONTEXT_CHARACTERS)
      throw kmsError('KMS.0208', `It must be at most ${MAX_CONTEXT_CHARACTERS} characters.`);
    parts.push(Buffer.of(kind), ...fields);
  }
  return Buffer.concat(parts);
}
