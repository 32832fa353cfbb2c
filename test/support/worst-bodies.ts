/** JSON Schema, as far as the description of the API uses it. */
export interface BodySchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, BodySchema>>;
  readonly required?: readonly string[];
  readonly items?: BodySchema;
  readonly anyOf?: readonly BodySchema[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
}

/** The most that the listener takes of keys and values, with room for what stands around them. */
const mostElements = 9_950;

/** Bodies of at most so many bytes that ask for as much work as possible, by what they are. */
export function worstBodies(schema: BodySchema | undefined, limitBytes: number): Map<string, string> {
  const bodies = new Map<string, string>();
  const sample = schema ? sampleOf(schema) : {};
  const around = Buffer.byteLength(JSON.stringify(sample)) + 40;
  const room = limitBytes - around;
  for (const [what, unit] of hostileMembers) bodies.set(what, withMembers(sample, unit, room));
  bodies.set(
    'too many keys',
    withMembers(sample, (index) => `"k${index}":1`, room, Number.POSITIVE_INFINITY),
  );
  bodies.set('levels', `{"x":${'['.repeat(98)}${']'.repeat(98)}}`);
  bodies.set('too many levels', '['.repeat(limitBytes));
  if (schema) for (const [what, body] of filledFields(schema, sample, room)) bodies.set(what, body);
  return bodies;
}

const hostileMembers: readonly (readonly [string, (index: number) => string])[] = [
  ['different keys', (index) => `"k${index}":1`],
  ['numeric keys', (index) => `"${index * 7_919}":1`],
  ['equal keys', () => '"k":1'],
  ['empty lists', (index) => `"${index}":[]`],
  ['prototype keys', (index) => `"\\u005f_proto${index}__":1`],
  ['lone surrogates', (index) => `"${index}":"\\ud800"`],
  ['a long number', () => `"n":${'1'.repeat(1_000)}`],
];

/** The sample with members of one kind, as many as fit. */
function withMembers(
  sample: unknown,
  unit: (index: number) => string,
  room: number,
  elements = mostElements,
): string {
  const members: string[] = [];
  let bytes = 0;
  for (let index = 0; 2 * index < elements; index += 1) {
    const member = unit(index);
    bytes += member.length + 1;
    if (bytes > room) break;
    members.push(member);
  }
  const own = JSON.stringify(sample ?? {}).slice(1, -1);
  return `{${[...members, ...(own === '' ? [] : [own])].join(',')}}`;
}

/** What parsers of texts in fields could stumble over. */
const hostileTexts: readonly (readonly [string, string])[] = [
  ['letters', 'a'],
  ['line ends', '\n'],
  ['spaces', ' '],
  ['dots and stars', '*.'],
  ['slashes', '/a:'],
  ['PEM', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
  ['one PEM block of DER', 'MIIBMIIB\n'],
];

/** Each field in turn at its longest, beside the sample's others. */
function* filledFields(schema: BodySchema, sample: unknown, room: number): Generator<[string, string]> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    for (const [what, value] of fillings(field, room))
      yield [`${name}: ${what}`, JSON.stringify({ ...(sample as object), [name]: value })];
  }
}

function* fillings(schema: BodySchema, room: number): Generator<[string, unknown]> {
  const [first] = schema.anyOf ?? [];
  if (first) yield* fillings(first, room);
  if (schema.type === 'string' && !schema.enum) {
    for (const [what, unit] of hostileTexts)
      yield [what, textOf(unit, Math.min(schema.maxLength ?? room, room))];
  } else if (schema.type === 'array') {
    const item = sampleOf(schema.items ?? {});
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    const elements = JSON.stringify(item).match(/[,:[{]/g)?.length ?? 0;
    const fits = Math.floor(Math.min(room / size, mostElements / (elements + 1)));
    yield ['items', Array.from({ length: Math.min(fits, schema.maxItems ?? fits) }, () => item)];
    if (schema.maxItems !== undefined) yield ['too many items', Array.from({ length: fits }, () => item)];
  } else if (schema.type === 'object') {
    for (const [name, field] of Object.entries(schema.properties ?? {}))
      for (const [what, value] of fillings(field, room))
        yield [`${name}: ${what}`, { ...(sampleOf(schema) as object), [name]: value }];
  }
}

function textOf(unit: string, length: number): string {
  // Escaped line ends take two bytes.
  const escaped = JSON.stringify(unit).length - 2;
  const count = Math.floor(length / escaped);
  if (unit !== 'MIIBMIIB\n') return unit.repeat(count);
  return `-----BEGIN CERTIFICATE-----\n${unit.repeat(Math.max(0, count - 8))}-----END CERTIFICATE-----\n`;
}

/** A small value that fits a schema, but for patterns. */
function sampleOf(schema: BodySchema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sampleOf(schema.anyOf[0]!);
  switch (schema.type) {
    case 'string':
      return 'a'.repeat(schema.minLength ?? 1);
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'array':
      return [sampleOf(schema.items ?? {})];
    case 'object': {
      const required = Object.entries(schema.properties ?? {}).filter(([name]) =>
        schema.required?.includes(name),
      );
      return Object.fromEntries(required.map(([name, field]) => [name, sampleOf(field)]));
    }
  }
  return {};
}
