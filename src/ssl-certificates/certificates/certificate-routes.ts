import { type Static, Type } from 'typebox';
import type { Actor } from '../../iam/actor.ts';
import type { Api } from '../../platform/http/index.ts';
import { type CertificateStatus, certificateStatuses } from '../certificate-status.ts';
import { scmError } from '../errors.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { presentDetails, presentSummary } from './certificate-presentation.ts';
import * as schemas from './certificate-schemas.ts';
import { deleteCertificate } from './delete-certificate.ts';
import { type ExportedCertificate, exportCertificate } from './export-certificate.ts';
import { getCertificate } from './get-certificate.ts';
import { importCertificate } from './import-certificate.ts';
import { type CertificateListing, listCertificates } from './list-certificates.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication. */
    actor: Actor;
  }
}

const collection = '/v3/scm/certificates';
const member = `${collection}/:certificate_id`;
const tags = ['Certificates'];
const params = schemas.certificateParams;
const dayMs = 86_400_000;

/** Reference 4.1.3. */
export function certificateRoutes(ports: SslCertificatesPorts): (api: Api) => void {
  return (api) => {
    addQueries(api, ports);
    addChanges(api, ports);
  };
}

function addQueries(api: Api, ports: SslCertificatesPorts): void {
  api.get(
    collection,
    {
      schema: {
        operationId: 'listSslCertificates',
        tags,
        summary: 'Query the certificate list',
        querystring: schemas.listQuery,
        response: { 200: schemas.listResponse },
      },
    },
    async ({ actor, query }) => {
      const { total, certificates } = await listCertificates(ports, actor, listingOf(query));
      const nowMs = ports.clock.nowMs();
      return { certificates: certificates.map((each) => presentSummary(each, nowMs)), total_count: total };
    },
  );
  api.get(
    member,
    {
      schema: {
        operationId: 'getSslCertificate',
        tags,
        summary: 'Obtain details of a certificate',
        params,
        response: { 200: schemas.detailResponse },
      },
    },
    async ({ actor, params: { certificate_id: id } }) =>
      presentDetails(await getCertificate(ports, actor, id), ports.clock.nowMs()),
  );
}

function addChanges(api: Api, ports: SslCertificatesPorts): void {
  api.post(
    `${collection}/import`,
    {
      schema: {
        operationId: 'importSslCertificate',
        tags,
        summary: 'Import a certificate',
        body: schemas.importBody,
        response: { 200: schemas.importResponse },
      },
    },
    async ({ actor, body }) => {
      const { certificate_chain: chain, enc_certificate, enc_private_key, ...rest } = body;
      const sent = {
        ...rest,
        certificate_chain: chain?.trim() || undefined,
        enc_certificate: enc_certificate?.trim() || undefined,
        enc_private_key: enc_private_key?.trim() || undefined,
      };
      return { certificate_id: await importCertificate(ports, actor, sent) };
    },
  );
  api.post(
    `${member}/export`,
    {
      schema: {
        operationId: 'exportSslCertificate',
        tags,
        summary: 'Export a certificate with its private key',
        params,
        response: { 200: schemas.exportResponse },
      },
    },
    async ({ actor, params: { certificate_id: id } }) =>
      presentExport(await exportCertificate(ports, actor, id)),
  );
  api.delete(
    member,
    {
      schema: {
        operationId: 'deleteSslCertificate',
        tags,
        summary: 'Delete a certificate',
        params,
        response: { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) },
      },
    },
    async ({ actor, params: { certificate_id: id } }, reply) => {
      await deleteCertificate(ports, actor, id);
      return reply.code(204).send();
    },
  );
}

const sortKeys = {
  certExpiredTime: 'not_after',
  certStatus: 'status',
  certUpdateTime: 'updated_at',
} as const;

function listingOf(query: Static<typeof schemas.listQuery>): CertificateListing {
  const days = query.expired_days_since;
  return {
    sortKey: sortKeys[query.sort_key || 'certUpdateTime'],
    sortDirection: query.sort_dir === 'ASC' ? 'asc' : 'desc',
    offset: query.offset,
    limit: query.limit,
    enterpriseProjectId: query.enterprise_project_id,
    status: statusOf(query.status),
    onlyDeployable: query.deploy_support,
    expiresWithinMs: days === 0 ? undefined : days * dayMs,
    content: query.content || undefined,
  };
}

/** The reference spells it CANCLEREVOKING; who writes it right means that as well. */
function statusOf(sent: string | undefined): CertificateStatus | undefined {
  if (sent === undefined || sent === '' || sent === 'ALL') return undefined;
  const wanted = sent === 'CANCELREVOKING' ? 'CANCLEREVOKING' : sent;
  const status = certificateStatuses.find((each) => each === wanted);
  if (status) return status;
  throw scmError('SCM.0072', `status has to be ALL or one of ${certificateStatuses.join(', ')}.`);
}

function presentExport({ certificate, chain, privateKey, encryption }: ExportedCertificate) {
  return {
    entire_certificate: certificate + chain,
    certificate,
    certificate_chain: chain || null,
    private_key: privateKey ?? null,
    ...(encryption && {
      enc_certificate: encryption.certificate,
      enc_private_key: encryption.privateKey ?? null,
    }),
  };
}
