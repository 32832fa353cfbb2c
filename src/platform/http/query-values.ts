import type { TSchema } from 'typebox';

type Convert = (text: string) => unknown;
type Query = Record<string, unknown>;

const converters: Readonly<Record<string, Convert>> = {
  // Digits only: Number() would take '', ' 1', '0x10' and '1e3' as well.
  integer: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text),
  number: (text) => (/^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  string: (text) => text,
};

/**
 * Turns the texts of a query string into the types of its schema and fills in `default`; what cannot be turned stays text and
 * fails validation. Only the query is treated so: in a JSON body a wrong type is an error.
 */
export function queryReader(schema: TSchema): (query: Query) => Query {
  const fields = Object.entries(propertiesOf(schema)).map(([name, property]) => ({
    name,
    property,
    convert: converterOf(property),
  }));
  return (query) => {
    const values: Query = { ...query };
    for (const { name, property, convert } of fields) {
      const value = values[name];
      if (value !== undefined) values[name] = convert(value);
      else if (property.default !== undefined) values[name] = property.default;
    }
    return values;
  };
}

interface PropertySchema {
  readonly type?: string;
  readonly default?: unknown;
  readonly items?: PropertySchema;
  readonly anyOf?: readonly PropertySchema[];
}

function propertiesOf(schema: TSchema): Readonly<Record<string, PropertySchema>> {
  return 'properties' in schema ? (schema.properties as Readonly<Record<string, PropertySchema>>) : {};
}

function converterOf(property: PropertySchema): (value: unknown) => unknown {
  if (property.type === 'array') {
    const convertItem = converterOf(property.items ?? {});
    // One value of a repeatable parameter arrives without a list around it.
    return (value) => (Array.isArray(value) ? value : [value]).map(convertItem);
  }
  const types = property.type ? [property.type] : (property.anyOf ?? []).map((member) => member.type);
  const convert = converters[types.find((type) => type !== undefined && type !== 'string') ?? 'string'];
  return (value) => (typeof value === 'string' && convert ? convert(value) : value);
}
