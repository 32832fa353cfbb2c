import { Type } from 'typebox';
import type { Api } from '../platform/http/index.ts';

/** As the service describes its one version; there are no microversions. */
export function kmsVersion(publicUrl: string) {
  return {
    id: 'v1.0',
    links: [{ href: `${publicUrl}/v1.0/`, rel: 'self' }],
    version: '',
    status: 'CURRENT',
    updated: '2016-10-29T02:00:00Z',
    min_version: '',
  };
}

/** Needs no identity. `GET /` belongs to whoever else speaks on this address too, so the program answers it. */
export function versionRoutes(publicUrl: string, api: Api): void {
  for (const path of ['/v1.0', '/v1.0/'])
    api.get(
      path,
      {
        schema: {
          operationId: path.endsWith('/') ? 'showVersionSlash' : 'showVersion',
          tags: ['kms'],
          response: { 200: Type.Object({ version: Type.Unknown() }) },
        },
      },
      async () => ({ version: kmsVersion(publicUrl) }),
    );
}
