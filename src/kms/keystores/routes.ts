import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { optionalText } from '../request-fields.ts';
import type { KeystoreTable } from '../tables.ts';
import { createKeystore, deleteKeystore, getKeystore, listKeystores, switchKeystore } from './keystores.ts';

const tags = ['kms'];
const keystorePath = Type.Object({ project_id: Type.String(), keystore_id: Type.String() });

function presentKeystore(keystore: KeystoreTable) {
  return {
    keystore_id: keystore.keystore_id,
    domain_id: keystore.account_id,
    keystore_alias: keystore.keystore_alias,
    keystore_type: keystore.keystore_type,
    ...(keystore.hsm_cluster_id !== null && { hsm_cluster_id: keystore.hsm_cluster_id }),
    ...(keystore.cluster_id !== null && { cluster_id: keystore.cluster_id }),
    create_time: String(keystore.created_at),
  };
}

function collectionRoutes(context: KmsContext, api: Api): void {
  const body = Type.Object({
    keystore_alias: Type.String(),
    hsm_cluster_id: optionalText,
    hsm_ca_cert: optionalText,
    cluster_id: optionalText,
    keystore_type: optionalText,
  });
  api.post(
    '/v1.0/:project_id/keystores',
    { schema: { operationId: 'createKeyStore', tags, body } },
    async (request) => {
      const keystore = await createKeystore(context, callerOf(request), {
        keystoreAlias: request.body.keystore_alias,
        keystoreType: request.body.keystore_type || undefined,
        hsmClusterId: request.body.hsm_cluster_id || undefined,
        hsmCaCert: request.body.hsm_ca_cert || undefined,
        clusterId: request.body.cluster_id || undefined,
      });
      return { keystore: { keystore_id: keystore.keystore_id, domain_id: keystore.account_id } };
    },
  );
  const querystring = Type.Object({ limit: optionalText, offset: optionalText });
  api.get(
    '/v1.0/:project_id/keystores',
    { schema: { operationId: 'listKeyStores', tags, querystring } },
    async (request) => {
      const { limit, offset } = request.query;
      const { rows, total } = await listKeystores(context, callerOf(request), { limit, offset });
      return { total, keystores: rows.map(presentKeystore) };
    },
  );
}

function itemRoutes(context: KmsContext, api: Api): void {
  api.get(
    '/v1.0/:project_id/keystores/:keystore_id',
    { schema: { operationId: 'showKeyStore', tags, params: keystorePath } },
    async (request) => ({
      keystore: presentKeystore(await getKeystore(context, callerOf(request), request.params.keystore_id)),
    }),
  );
  api.delete(
    '/v1.0/:project_id/keystores/:keystore_id',
    { schema: { operationId: 'deleteKeyStore', tags, params: keystorePath } },
    async (request, reply) => {
      await deleteKeystore(context, callerOf(request), request.params.keystore_id);
      return reply.code(204).send();
    },
  );
  for (const [path, operationId, to] of [
    ['enable', 'enableKeyStore', 'enabled'],
    ['disable', 'disableKeyStore', 'disabled'],
  ] as const)
    api.post(
      `/v1.0/:project_id/keystores/:keystore_id/${path}`,
      { schema: { operationId, tags, params: keystorePath } },
      async (request) => {
        const id = request.params.keystore_id;
        const keystore = await switchKeystore(context, callerOf(request), id, to);
        return { keystore: { keystore_id: keystore.keystore_id, keystore_state: keystore.keystore_state } };
      },
    );
}

export function keystoreRoutes(context: KmsContext, api: Api): void {
  collectionRoutes(context, api);
  itemRoutes(context, api);
}
