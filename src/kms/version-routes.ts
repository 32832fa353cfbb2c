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
  const schema = {
    operationId: 'showVersion',
    tags: ['kms'],
    response: { 200: Type.Object({ version: Type.Unknown() }) },
  };
  // With and without a slash at the end: the router takes both.
  api.get('/v1.0', { schema }, async () => ({ version: kmsVersion(publicUrl) }));
}
