import type { Api } from '../platform/http/index.ts';
import type { IamContext } from './context.ts';

/** Clients that were given a URL without a version look for one; `GET /` belongs to whoever else speaks on this address too. */
export function versionRoutes(iam: IamContext, api: Api): void {
  api.get('/v3', { schema: { operationId: 'getIdentityVersion', tags: ['iam'] } }, () => ({
    version: identityVersion(iam.publicUrl),
  }));
}

/** `{"versions": {"values": [...]}}`, Keystone's answer to `GET /`. */
export function identityVersions(publicUrl: string) {
  return { versions: { values: [identityVersion(publicUrl)] } };
}

function identityVersion(publicUrl: string) {
  return {
    id: 'v3.6',
    status: 'stable',
    updated: '2016-04-04T00:00:00Z',
    links: [{ rel: 'self', href: `${publicUrl}/v3/` }],
    'media-types': [{ type: 'application/vnd.openstack.identity-v3+json', base: 'application/json' }],
  };
}
