/** As much of an OpenAPI document as requests are made from. */
export interface ApiOperation {
  readonly operationId: string;
  /** An empty list: no caller is needed. */
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
}

/** Texts of the forms that patterns ask for. */
const texts = [
  'example',
  '1',
  '0',
  '00000000-0000-4000-8000-000000000000',
  '0'.repeat(32),
  'scs0000000000000',
  'www.example.test',
  '000000',
  '0'.repeat(34),
];

/** The least value that fulfils a schema: what is optional is left out. */
export function exampleOf(schema: Schema): unknown {
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first) return exampleOf(first);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, exampleOf(schema.properties?.[name] ?? {})]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(schema.items ?? {}));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return exampleText(schema);
  }
}

function exampleText({ pattern, minLength = 0 }: Schema): string {
  const form = new RegExp(pattern ?? '');
  return texts.map((text) => text.padEnd(minLength, 'x')).find((text) => form.test(text)) ?? 'example';
}

/** The path with these ids and what its query must have; parameters that are not among the ids get an example. */
export function examplePath(
  path: string,
  { parameters = [] }: ApiOperation,
  ids: Readonly<Record<string, string>>,
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const schema = parameters.find((each) => each.in === 'path' && each.name === name)?.schema;
    return ids[name] ?? String(exampleOf(schema ?? {}));
  });
  const query = parameters
    .filter((each) => each.in === 'query' && each.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(exampleOf(schema)))}`);
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
}

/** Undefined if the operation takes no body. */
export function exampleBody({ requestBody }: ApiOperation): unknown {
  const [content] = Object.values(requestBody?.content ?? {});
  return content && exampleOf(content.schema);
}
