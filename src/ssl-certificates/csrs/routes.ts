import { Type } from 'typebox';
import type { Actor } from '../../iam/actor.ts';
import type { Api } from '../../platform/http/index.ts';
import { createCsr } from './create-csr.ts';
import type { CsrPorts } from './csr-ports.ts';
import { presentCsr } from './csr-presentation.ts';
import * as schemas from './csr-schemas.ts';
import { deleteCsr } from './delete-csr.ts';
import { getCsr } from './get-csr.ts';
import { getCsrPrivateKey } from './get-csr-private-key.ts';
import { listCsrs } from './list-csrs.ts';
import { updateCsr } from './update-csr.ts';
import { uploadCsr } from './upload-csr.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication. */
    actor: Actor;
  }
}

const collection = '/v3/scm/csr';
const member = `${collection}/:id`;
const tags = ['CSR'];
const params = schemas.csrParams;
const one = { 200: schemas.csrResponse };

/** CSRs: operations that the SDK has and the reference has not. */
export function csrRoutes(ports: CsrPorts): (api: Api) => void {
  return (api) => {
    addCreation(api, ports);
    addQueries(api, ports);
    addChanges(api, ports);
  };
}

function addCreation(api: Api, ports: CsrPorts): void {
  api.post(
    collection,
    {
      schema: {
        operationId: 'createCsr',
        tags,
        summary: 'Create a CSR',
        body: schemas.createCsrBody,
        response: { 201: schemas.csrResponse },
      },
    },
    async ({ actor, body }, reply) => reply.code(201).send(presentCsr(await createCsr(ports, actor, body))),
  );
  api.post(
    `${collection}/upload`,
    {
      schema: {
        operationId: 'uploadCsr',
        tags,
        summary: 'Upload a CSR',
        body: schemas.uploadCsrBody,
        response: { 200: schemas.uploadCsrResponse },
      },
    },
    async ({ actor, body }) => {
      const csr = await uploadCsr(ports, actor, body);
      return { id: csr.csr_id, name: csr.name, create_time: csr.created_at };
    },
  );
}

function addQueries(api: Api, ports: CsrPorts): void {
  api.get(
    collection,
    {
      schema: {
        operationId: 'listCsrs',
        tags,
        summary: 'List CSRs',
        querystring: schemas.listCsrsQuery,
        response: { 200: Type.Object({ total: Type.Integer(), csr_list: Type.Array(schemas.csrResponse) }) },
      },
    },
    async ({ actor, query }) => {
      const filter = { name: query.name, keyAlgorithm: query.private_key_algo };
      const { total, rows } = await listCsrs(ports, actor, filter, query);
      return { total, csr_list: rows.map(presentCsr) };
    },
  );
  api.get(
    member,
    { schema: { operationId: 'getCsr', tags, summary: 'Get a CSR', params, response: one } },
    async ({ actor, params: { id } }) => presentCsr(await getCsr(ports, actor, id)),
  );
  api.get(
    `${member}/private-key`,
    {
      schema: {
        operationId: 'getCsrPrivateKey',
        tags,
        summary: 'Get the private key of a CSR',
        params,
        response: { 200: Type.Object({ private_key: Type.String({ description: 'PEM, PKCS #8.' }) }) },
      },
    },
    async ({ actor, params: { id } }) => ({ private_key: await getCsrPrivateKey(ports, actor, id) }),
  );
}

function addChanges(api: Api, ports: CsrPorts): void {
  api.put(
    member,
    {
      schema: {
        operationId: 'updateCsr',
        tags,
        summary: 'Rename a CSR',
        params,
        body: schemas.updateCsrBody,
        response: one,
      },
    },
    async ({ actor, params: { id }, body }) => presentCsr(await updateCsr(ports, actor, id, body.name)),
  );
  api.delete(
    member,
    {
      schema: {
        operationId: 'deleteCsr',
        tags,
        summary: 'Delete a CSR',
        params,
        response: { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) },
      },
    },
    async ({ actor, params: { id } }, reply) => {
      await deleteCsr(ports, actor, id);
      return reply.code(204).send();
    },
  );
}
