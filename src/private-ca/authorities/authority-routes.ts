import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import { revokeBody } from '../request-fields.ts';
import { activateAuthority } from './activate-authority.ts';
import type { AuthorityPorts } from './authority-ports.ts';
import { authorityResponse, presentAuthority } from './authority-presentation.ts';
import * as schemas from './authority-schemas.ts';
import { createAuthority } from './create-authority.ts';
import { deleteAuthority } from './delete-authority.ts';
import { disableAuthority } from './disable-authority.ts';
import { enableAuthority } from './enable-authority.ts';
import { exportAuthority } from './export-authority.ts';
import { exportAuthorityCsr } from './export-authority-csr.ts';
import { getAuthority } from './get-authority.ts';
import { getAuthorityQuota } from './get-authority-quota.ts';
import { importAuthority } from './import-authority.ts';
import { listAuthorities } from './list-authorities.ts';
import { orderAuthorities } from './order-authorities.ts';
import { restoreAuthority } from './restore-authority.ts';
import { revokeAuthority } from './revoke-authority.ts';

const collection = '/v1/private-certificate-authorities';
const member = `${collection}/:ca_id`;
const tags = ['Private CA'];
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

const listResponse = Type.Object({
  total: Type.Integer(),
  certificate_authorities: Type.Array(authorityResponse),
});

const quotaResponse = Type.Object({
  quotas: Type.Object({
    resources: Type.Array(Type.Object({ type: Type.String(), used: Type.Integer(), quota: Type.Integer() }), {
      maxItems: 10,
    }),
  }),
});

const exportResponse = Type.Object({
  certificate: Type.String(),
  certificate_chain: Type.Union([Type.String(), Type.Null()]),
});

/** The routes of reference 4.2.1, and the order of 4.2.5.1. */
export function authorityRoutes(ports: AuthorityPorts): (api: Api) => void {
  return (api) => {
    addQueries(api, ports);
    addCreation(api, ports);
    addExchange(api, ports);
    addLifecycle(api, ports);
  };
}

function addQueries(api: Api, ports: AuthorityPorts): void {
  api.get(
    collection,
    {
      schema: {
        operationId: 'listCertificateAuthorities',
        tags,
        summary: 'Query the CA list',
        querystring: schemas.listQuery,
        response: { 200: listResponse },
      },
    },
    async ({ actor, query }) => {
      const { total, authorities } = await listAuthorities(ports, actor, {
        ...query,
        sortKey: query.sort_key,
        withShared: !query.owned_by_self,
        sortDirection: query.sort_dir === 'ASC' ? 'asc' : 'desc',
      });
      const nowMs = ports.clock.nowMs();
      return { total, certificate_authorities: authorities.map((ca) => presentAuthority(ca, nowMs)) };
    },
  );
  api.get(
    `${collection}/quotas`,
    {
      schema: {
        operationId: 'getCertificateAuthorityQuota',
        tags,
        summary: 'Query the CA quota',
        response: { 200: quotaResponse },
      },
    },
    async ({ actor }) => {
      const { used, quota } = await getAuthorityQuota(ports, actor);
      return { quotas: { resources: [{ type: 'CERTIFICATE_AUTHORITY', used, quota }] } };
    },
  );
  api.get(
    member,
    {
      schema: {
        operationId: 'getCertificateAuthority',
        tags,
        summary: 'Query CA details',
        params: schemas.caIdParams,
        response: { 200: authorityResponse },
      },
    },
    async ({ actor, params }) =>
      presentAuthority(await getAuthority(ports, actor, params.ca_id), ports.clock.nowMs()),
  );
}

function addCreation(api: Api, ports: AuthorityPorts): void {
  api.post(
    collection,
    {
      schema: {
        operationId: 'createCertificateAuthority',
        tags,
        summary: 'Create a CA',
        body: schemas.createAuthorityBody,
        response: { 200: Type.Object({ ca_id: Type.String() }) },
      },
    },
    async ({ actor, body }) => ({ ca_id: await createAuthority(ports, actor, body) }),
  );
  api.post(
    `${collection}/order`,
    {
      schema: {
        operationId: 'createCertificateAuthorityOrder',
        tags: ['Orders'],
        summary: 'Purchase a CA',
        body: schemas.createOrderBody,
        response: { 200: Type.Object({ order_id: Type.String(), ca_ids: Type.Array(Type.String()) }) },
      },
    },
    async ({ actor, body }) => {
      const { orderId, caIds } = await orderAuthorities(ports, actor, body);
      return { order_id: orderId, ca_ids: [...caIds] };
    },
  );
  api.post(
    `${member}/activate`,
    {
      schema: {
        operationId: 'activateCertificateAuthority',
        tags,
        summary: 'Activate a CA',
        params: schemas.caIdParams,
        body: schemas.activateAuthorityBody,
        response: noContent,
      },
    },
    async ({ actor, body, params }, reply) => {
      await activateAuthority(ports, actor, params.ca_id, body);
      return reply.code(204).send();
    },
  );
}

/** What leaves and enters: requests and certificates. */
function addExchange(api: Api, ports: AuthorityPorts): void {
  api.get(
    `${member}/csr`,
    {
      schema: {
        operationId: 'exportCertificateAuthorityCsr',
        tags,
        summary: 'Export the CSR of a CA',
        params: schemas.caIdParams,
        response: { 200: Type.Object({ csr: Type.String() }) },
      },
    },
    async ({ actor, params }) => ({ csr: await exportAuthorityCsr(ports, actor, params.ca_id) }),
  );
  api.post(
    `${member}/export`,
    {
      schema: {
        operationId: 'exportCertificateAuthority',
        tags,
        summary: 'Export a CA certificate',
        params: schemas.caIdParams,
        response: { 200: exportResponse },
      },
    },
    async ({ actor, params }) => {
      const { certificate, certificateChain } = await exportAuthority(ports, actor, params.ca_id);
      return { certificate, certificate_chain: certificateChain };
    },
  );
  api.post(
    `${member}/import`,
    {
      config: { bodyLimitBytes: schemas.importBodyBytes },
      schema: {
        operationId: 'importCertificateAuthority',
        tags,
        summary: 'Import a CA certificate',
        params: schemas.caIdParams,
        body: schemas.importAuthorityBody,
        response: noContent,
      },
    },
    async ({ actor, body, params }, reply) => {
      await importAuthority(ports, actor, params.ca_id, body);
      return reply.code(204).send();
    },
  );
}

function addLifecycle(api: Api, ports: AuthorityPorts): void {
  const verbs = [
    ['disable', 'disableCertificateAuthority', 'Disable a private CA', disableAuthority],
    ['enable', 'enableCertificateAuthority', 'Enable a private CA', enableAuthority],
    ['restore', 'restoreCertificateAuthority', 'Restore a CA', restoreAuthority],
  ] as const;
  for (const [verb, operationId, summary, run] of verbs) {
    const schema = { operationId, tags, summary, params: schemas.caIdParams, response: noContent };
    api.post(`${member}/${verb}`, { schema }, async ({ actor, params }, reply) => {
      await run(ports, actor, params.ca_id);
      return reply.code(204).send();
    });
  }
  api.post(
    `${member}/revoke`,
    {
      schema: {
        operationId: 'revokeCertificateAuthority',
        tags,
        summary: 'Revoke a subordinate CA',
        params: schemas.caIdParams,
        body: revokeBody,
        response: noContent,
      },
    },
    async ({ actor, body, params }, reply) => {
      await revokeAuthority(ports, actor, params.ca_id, body.reason ?? 'UNSPECIFIED');
      return reply.code(204).send();
    },
  );
  api.delete(
    member,
    {
      schema: {
        operationId: 'deleteCertificateAuthority',
        tags,
        summary: 'Delete a private CA (as scheduled)',
        params: schemas.caIdParams,
        querystring: schemas.deleteQuery,
        response: noContent,
      },
    },
    async ({ actor, params, query }, reply) => {
      await deleteAuthority(ports, actor, params.ca_id, Number(query.pending_days || '30'));
      return reply.code(204).send();
    },
  );
}
