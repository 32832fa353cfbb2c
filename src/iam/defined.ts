type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> };

/** Without the members that are undefined: a filter that was not given, a field that an update leaves alone. */
export function defined<Value extends object>(value: Value): Defined<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Defined<Value>;
}
