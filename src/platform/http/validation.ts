import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { queryReader } from './query-values.ts';

/** The first field of a request that breaks its schema, for the service to say so in its own words. */
export interface FieldFailure {
  readonly location: 'body' | 'query' | 'params';
  /** `validity.value`, `tags[0].key`; empty if it is the body as a whole. */
  readonly path: string;
  /** The keyword of JSON Schema that failed: required, type, minLength, maxLength, pattern, enum, minimum, ..., or `json`. */
  readonly keyword: string;
  /** What is wrong, as the end of a sentence about the field, such as `must be integer`; it does not quote the value. */
  readonly message: string;
}

/** Carries a failure from validation to the error handler. */
export class InvalidField extends Error {
  readonly failure: FieldFailure;

  constructor(failure: FieldFailure, options?: ErrorOptions) {
    super(`${failure.location} ${failure.path} ${failure.message}`, options);
    this.failure = failure;
  }
}

type Answer = true | { value: unknown } | { error: InvalidField };

/**
 * A Fastify validator. Compiling takes milliseconds and there are hundreds of schemas, so each is compiled when its route is first
 * called: the process is ready sooner.
 */
export function compileValidator(
  schema: TSchema,
  location: FieldFailure['location'],
): (value: unknown) => Answer {
  const read = location === 'query' ? queryReader(schema) : undefined;
  const nulFields = nulFieldsOf(schema);
  let validator: ReturnType<typeof Compile> | undefined;
  return (received) => {
    validator ??= Compile(schema);
    const value = read ? read(received as Record<string, unknown>) : received;
    if (!validator.Check(value)) {
      return { error: new InvalidField(describe(location, validator.Errors(value))) };
    }
    const unstorable = unstorableField(value, nulFields);
    if (unstorable) return { error: new InvalidField({ location, ...unstorable }) };
    return read ? { value } : true;
  };
}

/** Option of a `Type.String` at the top of a body that may hold NUL: text that is never stored as it stands. */
export const anyCharacter = { 'x-any-character': true } as const;

function nulFieldsOf(schema: TSchema): readonly string[] {
  const properties = 'properties' in schema ? Object.entries(schema.properties as object) : [];
  return properties.flatMap(([name, property]) => ('x-any-character' in property ? [name] : []));
}

/**
 * The field with text that cannot be kept as it is: PostgreSQL refuses NUL, SQLite's `like` stops at it, and a lone surrogate would
 * come back as another character.
 */
function unstorableField(
  value: unknown,
  nulFields: readonly string[],
): Omit<FieldFailure, 'location'> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const isNulAllowed = nulFields.includes(name);
    if (isStorable(member, isNulAllowed)) continue;
    return { keyword: 'characters', ...firstProblem(member, name, isNulAllowed) };
  }
  return undefined;
}

// Nearly every request passes this, which makes no names; and it does not recurse, as nesting is the client's choice.
function isStorable(root: unknown, isNulAllowed: boolean): boolean {
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string') {
      if (!value.isWellFormed() || (!isNulAllowed && value.includes('\0'))) return false;
    } else if (typeof value === 'object' && value !== null) {
      const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
      for (const member of members) if (typeof member !== 'number') waiting.push(member);
    }
  }
  return true;
}

/** Deeper than any field of these interfaces. Bounded, and nothing made per member: a hostile body has millions of them, or of levels. */
const namedLevels = 5;

function firstProblem(
  value: unknown,
  path: string,
  isNulAllowed: boolean,
  levels = namedLevels,
): { path: string; message: string } {
  const isBad = (member: unknown) => !isStorable(member, isNulAllowed);
  if (typeof value !== 'object' || value === null || levels === 0) {
    const isNul = isStorable(value, true);
    return {
      path,
      message: isNul ? 'must not contain the character NUL' : 'must be Unicode text without lone surrogates',
    };
  }
  if (Array.isArray(value)) {
    const index = value.findIndex(isBad);
    return firstProblem(value[index], `${path}[${index}]`, isNulAllowed, levels - 1);
  }
  const members = value as Readonly<Record<string, unknown>>;
  const name = Object.keys(members).find((key) => isBad(members[key]))!;
  return firstProblem(members[name], joinPath(path, name), isNulAllowed, levels - 1);
}

function describe(
  location: FieldFailure['location'],
  errors: readonly TLocalizedValidationError[],
): FieldFailure {
  // What is missing first, then what is malformed; errors inside alternatives say little by themselves.
  const plain = errors.filter((error) => !/\/(anyOf|oneOf)\//.test(error.schemaPath));
  const error = (plain.find(({ keyword }) => keyword === 'required') ?? plain[0] ?? errors[0])!;
  if (error.keyword === 'required') {
    const [missing = ''] = error.params.requiredProperties;
    return {
      location,
      path: joinPath(pathOf(error.instancePath), missing),
      keyword: 'required',
      message: 'is mandatory',
    };
  }
  return { location, path: pathOf(error.instancePath), ...wordingOf(error, errors) };
}

function wordingOf(
  error: TLocalizedValidationError,
  errors: readonly TLocalizedValidationError[],
): { keyword: string; message: string } {
  if (error.keyword === 'enum') return oneOf(error.params.allowedValues);
  if (error.keyword !== 'anyOf') return { keyword: error.keyword, message: error.message };
  const alternatives = errors.filter(
    (other) =>
      other.instancePath === error.instancePath && other.schemaPath.startsWith(`${error.schemaPath}/anyOf/`),
  );
  const constants = alternatives.flatMap((other) =>
    other.keyword === 'const' ? [other.params.allowedValue] : [],
  );
  if (constants.length > 0) return oneOf(constants);
  // Null beside a proper type: the failure of the type tells more than that no alternative fits.
  const first = alternatives.find((other) => other.keyword !== 'type') ?? alternatives[0] ?? error;
  if (first.keyword === 'enum') return oneOf(first.params.allowedValues);
  return { keyword: first.keyword, message: first.message };
}

function oneOf(values: readonly unknown[]): { keyword: string; message: string } {
  // Some values are taken as text as well, and an empty text for none.
  const texts = new Set(values.map(String).filter((text) => text !== ''));
  return { keyword: 'enum', message: `must be one of ${[...texts].join(', ')}` };
}

/** `/tags/0/key` (RFC 6901) as `tags[0].key`. */
function pathOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, segment) => (/^\d+$/.test(segment) ? `${path}[${segment}]` : joinPath(path, segment)), '');
}

function joinPath(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}
