import { Type } from 'typebox';
import type { Api } from '../platform/http/index.ts';
import { idField } from '../private-ca/index.ts';
import { listBuckets } from './buckets/list-buckets.ts';
import { createAgency, isAgencyGranted } from './buckets/manage-agency.ts';
import { disableCrl, enableCrl } from './crl/switch-crl.ts';
import { switchOcsp } from './ocsp/switch-ocsp.ts';
import type { RevocationPorts } from './ports.ts';

const collection = '/v1/private-certificate-authorities';
const member = `${collection}/:ca_id`;
const tags = ['Revocation'];
const caIdParams = Type.Object({ ca_id: idField('ID of the CA.') });
const certificateIdParams = Type.Object({ certificate_id: idField('ID of the certificate.') });
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

const enableCrlBody = Type.Object({
  crl_name: Type.Optional(Type.Unknown({ description: 'Name of the CRL; default: ID of the CA.' })),
  obs_bucket_name: Type.String({ description: 'Bucket into which the CRL is published.' }),
  valid_days: Type.Integer({ minimum: 7, maximum: 30, description: 'CRL update interval, in days.' }),
  delta_hours: Type.Optional(
    Type.Unknown({
      description: 'Hours between deltas, less than valid_days; default: no deltas. Not in the reference.',
    }),
  ),
});

const bucketsResponse = Type.Object({
  total: Type.Integer(),
  obs_buckets: Type.Array(
    Type.Object({
      bucket_name: Type.String(),
      create_time: Type.Integer({ description: 'Milliseconds since 1970.' }),
    }),
    { maxItems: 256 },
  ),
});

/** The routes of reference 4.2.3, those that its SDK has beside them, and the release of a hold. */
export function revocationRoutes(
  ports: RevocationPorts,
  onOcspSwitch: (caId: string) => void,
): (api: Api) => void {
  return (api) => {
    addBuckets(api, ports);
    addCrl(api, ports);
    addStatus(api, ports, onOcspSwitch);
  };
}

function addBuckets(api: Api, ports: RevocationPorts): void {
  const agencies = `${collection}/obs/agencies`;
  const created = { 200: Type.Object({ agency_id: Type.String() }) };
  const create = (path: string, operationId: string, summary: string) =>
    api.post(path, { schema: { operationId, tags, summary, response: created } }, async ({ actor }) => ({
      agency_id: await createAgency(ports, actor),
    }));
  api.get(
    agencies,
    {
      schema: {
        operationId: 'getObsAgency',
        tags,
        summary: 'Check the agency permission',
        response: { 200: Type.Object({ agency_granted: Type.String({ enum: ['true', 'false'] }) }) },
      },
    },
    // PCA-D069: a string here, a boolean on the sibling of the SDK.
    async ({ actor }) => ({ agency_granted: String(await isAgencyGranted(ports, actor)) }),
  );
  create(agencies, 'createObsAgency', 'Create an agency');
  api.get(
    `${collection}/agency`,
    {
      schema: {
        operationId: 'getServiceAgency',
        tags,
        summary: 'Check whether the service agency exists',
        response: { 200: Type.Object({ agency_granted: Type.Boolean() }) },
      },
    },
    async ({ actor }) => ({ agency_granted: await isAgencyGranted(ports, actor) }),
  );
  create(`${collection}/agencies`, 'createServiceAgency', 'Create the service agency');
  api.get(
    `${collection}/obs/buckets`,
    {
      schema: {
        operationId: 'listObsBuckets',
        tags,
        summary: 'Query the list of OBS buckets',
        response: { 200: bucketsResponse },
      },
    },
    async ({ actor }) => {
      const { total, buckets } = await listBuckets(ports, actor);
      const obsBuckets = buckets.map(({ name, createTimeMs }) => ({
        bucket_name: name,
        create_time: createTimeMs,
      }));
      return { total, obs_buckets: obsBuckets };
    },
  );
}

function addCrl(api: Api, ports: RevocationPorts): void {
  api.post(
    `${member}/crl/enable`,
    {
      schema: {
        operationId: 'enableCertificateAuthorityCrl',
        tags,
        summary: 'Enable a CRL',
        params: caIdParams,
        body: enableCrlBody,
        response: noContent,
      },
    },
    async ({ actor, body, params }, reply) => {
      await enableCrl(ports, actor, params.ca_id, body);
      return reply.code(204).send();
    },
  );
  api.post(
    `${member}/crl/disable`,
    {
      schema: {
        operationId: 'disableCertificateAuthorityCrl',
        tags,
        summary: 'Disable a CRL',
        params: caIdParams,
        response: noContent,
      },
    },
    async ({ actor, params }, reply) => {
      await disableCrl(ports, actor, params.ca_id);
      return reply.code(204).send();
    },
  );
}

function addStatus(api: Api, ports: RevocationPorts, onOcspSwitch: (caId: string) => void): void {
  api.post(
    `${member}/ocsp/switch`,
    {
      schema: {
        operationId: 'switchCertificateAuthorityOcsp',
        tags,
        summary: 'Enable or disable OCSP of a CA',
        params: caIdParams,
        body: Type.Object({ ocsp_switch: Type.Boolean({ description: 'Whether OCSP is to be on.' }) }),
        response: noContent,
      },
    },
    async ({ actor, body, params }, reply) => {
      await switchOcsp(ports, actor, params.ca_id, body.ocsp_switch);
      onOcspSwitch(params.ca_id);
      return reply.code(204).send();
    },
  );
  api.post(
    '/v1/private-certificates/:certificate_id/unhold',
    {
      schema: {
        operationId: 'releaseCertificateHold',
        tags,
        summary: 'Lift the hold of a private certificate (not in the reference)',
        params: certificateIdParams,
        response: noContent,
      },
    },
    async ({ actor, params }, reply) => {
      await ports.records.releaseHold(actor, params.certificate_id);
      return reply.code(204).send();
    },
  );
}
