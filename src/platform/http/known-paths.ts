/** Which methods a path has, so an unknown method is told from an unknown path. Searched only when no route was found. */
export class KnownPaths {
  readonly #methods = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  /** `url` in the router's notation: `/v1/things/:thing_id`, `*` for any rest. */
  add(method: string | readonly string[], url: string): void {
    const known = this.#methods.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const name of typeof method === 'string' ? [method] : method) known.methods.add(name);
    this.#methods.set(url, known);
  }

  methodsOf(url: string): readonly string[] {
    const path = url.split('?', 1)[0]!;
    const methods = new Set<string>();
    for (const known of this.#methods.values())
      if (known.pattern.test(path)) for (const method of known.methods) methods.add(method);
    return [...methods].sort();
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) => {
      if (segment === '*') return '.*';
      return segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('/');
  return new RegExp(`^${source}/?$`);
}
