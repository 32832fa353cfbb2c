import type { ApiClient } from './api-client.ts';
import type { BodySchema } from './worst-bodies.ts';

/** An operation of the API as its description has it. */
export interface DescribedOperation {
  readonly operationId: string;
  readonly method: string;
  /** With values for its parameters. */
  readonly path: string;
  /** Anybody may call it. */
  readonly isOpen: boolean;
  readonly bodyLimitBytes: number | undefined;
  readonly bodySchema: BodySchema | undefined;
}

interface Description {
  readonly paths: Record<string, Record<string, DescribedMethod>>;
}

interface DescribedMethod {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: BodySchema }> };
  readonly 'x-body-limit-bytes'?: number;
}

/**
 * Every operation of a running server. `parameters` are values for the paths, but not for those of identity, which would take the
 * caller's own project away; others are made up.
 */
export async function describedOperations(
  api: ApiClient,
  parameters: Readonly<Record<string, string>>,
): Promise<DescribedOperation[]> {
  const { paths } = await api.call<Description>('GET', '/openapi.json');
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      operationId: described.operationId,
      method: method.toUpperCase(),
      path: path.replace(
        /\{(\w+)\}/g,
        (_, name: string) => (/^\/v3(\/|-ext)/.test(path) ? undefined : parameters[name]) ?? '0'.repeat(32),
      ),
      isOpen: described.security?.length === 0,
      bodyLimitBytes: described['x-body-limit-bytes'],
      bodySchema: Object.values(described.requestBody?.content ?? {})[0]?.schema,
    })),
  );
}
