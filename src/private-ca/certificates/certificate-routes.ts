import { Type } from 'typebox';
import type { Actor } from '../../iam/actor.ts';
import type { Api } from '../../platform/http/index.ts';
import { InvalidField } from '../../platform/http/validation.ts';
import { pcaError } from '../errors.ts';
import { revokeBody } from '../request-fields.ts';
import { certificateResponse, presentCertificate } from './certificate-presentation.ts';
import * as schemas from './certificate-schemas.ts';
import { createCertificate } from './create-certificate.ts';
import { createCertificateByCsr } from './create-certificate-by-csr.ts';
import { deleteCertificate } from './delete-certificate.ts';
import { exportCertificate } from './export-certificate.ts';
import { getCertificate } from './get-certificate.ts';
import { getCertificateQuota } from './get-certificate-quota.ts';
import { listCertificates } from './list-certificates.ts';
import { parseCsrText } from './parse-csr.ts';
import type { IssuingPorts } from './record-certificate.ts';
import { revokeCertificate } from './revoke-certificate.ts';
import { attachment } from './zip-name.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication. */
    actor: Actor;
  }
}

const collection = '/v1/private-certificates';
const member = `${collection}/:certificate_id`;
const tags = ['Private certificate'];
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };
const issuedResponse = { 200: Type.Object({ certificate_id: Type.String() }) };

const quotaResponse = Type.Object({
  quotas: Type.Object({
    resources: Type.Array(Type.Object({ type: Type.String(), used: Type.Integer(), quota: Type.Integer() }), {
      maxItems: 10,
    }),
  }),
});

const parsedCsrResponse = Type.Object({
  key_algorithm: Type.String(),
  key_algorithm_length: Type.Integer({ description: 'Bits.' }),
  signature_algorithm: Type.String(),
  public_key: Type.String({ description: 'PEM.' }),
  distinguished_name: certificateResponse.properties.distinguished_name,
});

/** `type` and `status` have codes of their own (A.2.2), whose texts speak of CAs: of certificates they are just incorrect. */
function withoutCaCodes(error: Error): never {
  if (error instanceof InvalidField && /^(type|status)$/.test(error.failure.path)) {
    throw pcaError('PCA.00020001', `${error.failure.path} ${error.failure.message}.`, { cause: error });
  }
  throw error;
}

/** The routes of reference 4.2.2. */
export function certificateRoutes(ports: IssuingPorts): (api: Api) => void {
  return (api) => {
    addQueries(api, ports);
    addIssuance(api, ports);
    addExport(api, ports);
    addEnd(api, ports);
  };
}

function addQueries(api: Api, ports: IssuingPorts): void {
  api.get(
    collection,
    {
      schema: {
        operationId: 'listCertificates',
        tags,
        summary: 'Query the list of private certificates',
        querystring: schemas.listQuery,
        response: {
          200: Type.Object({ total: Type.Integer(), certificates: Type.Array(certificateResponse) }),
        },
      },
      errorHandler: withoutCaCodes,
    },
    async ({ actor, query }) => {
      const { total, certificates } = await listCertificates(ports, actor, {
        ...query,
        sortKey: query.sort_key,
        sortDirection: query.sort_dir === 'ASC' ? 'asc' : 'desc',
      });
      const nowMs = ports.clock.nowMs();
      return { total, certificates: certificates.map((each) => presentCertificate(each, nowMs)) };
    },
  );
  api.get(
    `${collection}/quotas`,
    {
      schema: {
        operationId: 'getCertificateQuota',
        tags,
        summary: 'Query the private certificate quota',
        response: { 200: quotaResponse },
      },
    },
    async ({ actor }) => {
      const { used, quota } = await getCertificateQuota(ports, actor);
      return { quotas: { resources: [{ type: 'CERTIFICATE', used, quota }] } };
    },
  );
  api.get(
    member,
    {
      schema: {
        operationId: 'getCertificate',
        tags,
        summary: 'Query certificate details',
        params: schemas.certificateIdParams,
        response: { 200: certificateResponse },
      },
    },
    async ({ actor, params }) =>
      presentCertificate(await getCertificate(ports, actor, params.certificate_id), ports.clock.nowMs()),
  );
}

function addIssuance(api: Api, ports: IssuingPorts): void {
  api.post(
    collection,
    {
      schema: {
        operationId: 'createCertificate',
        tags,
        summary: 'Apply for a certificate',
        body: schemas.createCertificateBody,
        response: issuedResponse,
      },
    },
    async ({ actor, body }) => ({ certificate_id: await createCertificate(ports, actor, body) }),
  );
  api.post(
    `${collection}/csr`,
    {
      schema: {
        operationId: 'createCertificateByCsr',
        tags,
        summary: 'Issue a certificate with a CSR',
        body: schemas.createCertificateByCsrBody,
        response: issuedResponse,
      },
      errorHandler: withoutCaCodes,
    },
    async ({ actor, body }) => ({ certificate_id: await createCertificateByCsr(ports, actor, body) }),
  );
  api.post(
    `${collection}/csr/parse`,
    {
      schema: {
        operationId: 'parseCsr',
        tags,
        summary: 'Parse a CSR',
        body: schemas.parseCsrBody,
        response: { 200: parsedCsrResponse },
      },
    },
    // Reference 4.2.2.4: no permission is required, so being authenticated is enough.
    async ({ body }) => parseCsrText(body.csr),
  );
}

function addExport(api: Api, ports: IssuingPorts): void {
  api.post(
    `${member}/export`,
    {
      schema: {
        operationId: 'exportCertificate',
        tags,
        summary: 'Export a certificate',
        params: schemas.certificateIdParams,
        body: schemas.exportCertificateBody,
        response: {
          200: {
            description: 'The certificate, in JSON or as a ZIP package.',
            content: {
              'application/json': { schema: Type.Record(Type.String(), Type.String()) },
              'application/zip': { schema: Type.Unsafe<Buffer>(Type.String({ format: 'binary' })) },
            },
          },
        },
      },
      errorHandler: withoutCaCodes,
    },
    async ({ actor, body, params }, reply) => {
      const exported = await exportCertificate(ports, actor, params.certificate_id, body);
      // What holds a private key is kept by no cache on its way.
      reply.header('cache-control', 'no-store');
      if (exported.form === 'fields') return reply.send(exported.fields);
      reply.header('content-disposition', attachment(exported.fileName));
      return reply.type('application/zip').send(Buffer.from(exported.bytes));
    },
  );
}

function addEnd(api: Api, ports: IssuingPorts): void {
  api.post(
    `${member}/revoke`,
    {
      schema: {
        operationId: 'revokeCertificate',
        tags,
        summary: 'Revoke a certificate',
        params: schemas.certificateIdParams,
        body: revokeBody,
        response: noContent,
      },
    },
    async ({ actor, body, params }, reply) => {
      await revokeCertificate(ports, actor, params.certificate_id, body.reason ?? 'UNSPECIFIED');
      return reply.code(204).send();
    },
  );
  api.delete(
    member,
    {
      schema: {
        operationId: 'deleteCertificate',
        tags,
        summary: 'Delete a certificate',
        params: schemas.certificateIdParams,
        response: noContent,
      },
    },
    async ({ actor, params }, reply) => {
      await deleteCertificate(ports, actor, params.certificate_id);
      return reply.code(204).send();
    },
  );
}
