/** A route as far as this needs it; read when it is asked for, as hooks add to it after it was made. */
export interface KnownRoute<Config> {
  readonly method: string | readonly string[];
  /** In the router's notation: `/v1/things/:thing_id`, `*` for any rest. */
  readonly url: string;
  readonly config?: Config | undefined;
}

/** Tells an unknown method from an unknown path. Searched only when no route was found. */
export class KnownPaths<Config> {
  readonly #routes = new Map<string, { pattern: RegExp; routes: KnownRoute<Config>[] }>();

  add(route: KnownRoute<Config>): void {
    const known = this.#routes.get(route.url) ?? { pattern: patternOf(route.url), routes: [] };
    known.routes.push(route);
    this.#routes.set(route.url, known);
  }

  /** The routes that a URL would have reached by another method. */
  routesOf(url: string): readonly KnownRoute<Config>[] {
    const path = url.split('?', 1)[0]!;
    return [...this.#routes.values()].flatMap((known) => (known.pattern.test(path) ? known.routes : []));
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
