import type { Actor } from '../../iam/actor.ts';
import type { Api } from '../../platform/http/index.ts';
import type { ApplicationPorts } from './application-ports.ts';
import * as schemas from './application-schemas.ts';
import { applyCertificate } from './apply-certificate.ts';
import { cancelApplication } from './cancel-application.ts';
import { checkNow, getApplication } from './get-application.ts';
import { listReviews, reviewApplication } from './review-application.ts';
import { revokeCertificate } from './revoke-certificate.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication. */
    actor: Actor;
  }
}

const member = '/v3/scm/certificates/:certificate_id';
const tags = ['Certificate applications'];
const extensionTags = ['Extensions'];
const params = schemas.certificateParams;
const done = { 200: schemas.doneResponse };

/** Reference 4.1.1, and what the vendor does in its console only: progress, the review of organisations, revocation. */
export function applicationRoutes(ports: ApplicationPorts): (api: Api) => void {
  return (api) => {
    addApplications(api, ports);
    addProgress(api, ports);
    addReviews(api, ports);
    addRevocation(api, ports);
  };
}

function addApplications(api: Api, ports: ApplicationPorts): void {
  api.post(
    `${member}/apply`,
    {
      schema: {
        operationId: 'applyCertificate',
        tags,
        summary: 'Apply for a certificate',
        params,
        body: schemas.applyBody,
        response: { 200: schemas.applyResponse },
      },
    },
    async ({ actor, params: { certificate_id: id }, body }) => {
      await applyCertificate(ports, actor, id, body);
      return { request_info: 'success' };
    },
  );
  api.post(
    `${member}/cancel-cert`,
    {
      schema: {
        operationId: 'cancelCertificateApplication',
        tags,
        summary: 'Withdraw a certificate application',
        params,
        response: done,
      },
    },
    async ({ actor, params: { certificate_id: id } }) => {
      await cancelApplication(ports, actor, id);
      return { cert_id: id, message: 'success' };
    },
  );
}

function addProgress(api: Api, ports: ApplicationPorts): void {
  api.get(
    `${member}/application`,
    {
      schema: {
        operationId: 'getCertificateApplication',
        tags: extensionTags,
        summary: 'Show how far an application is, and why not further',
        params,
        response: { 200: schemas.applicationResponse },
      },
    },
    ({ actor, params: { certificate_id: id } }) => getApplication(ports, actor, id),
  );
  api.post(
    `${member}/application/check`,
    {
      schema: {
        operationId: 'checkCertificateApplication',
        tags: extensionTags,
        summary: 'Check the names of an application now',
        params,
        response: done,
      },
    },
    async ({ actor, params: { certificate_id: id } }) => {
      await checkNow(ports, actor, id);
      return { cert_id: id, message: 'success' };
    },
  );
}

function addReviews(api: Api, ports: ApplicationPorts): void {
  api.get(
    '/v3/scm/reviews',
    {
      schema: {
        operationId: 'listApplicationReviews',
        tags: extensionTags,
        summary: 'List applications whose organisation waits for a review',
        querystring: schemas.reviewsQuery,
        response: { 200: schemas.reviewsResponse },
      },
    },
    ({ actor, query }) => listReviews(ports, actor, query),
  );
  api.post(
    `${member}/review`,
    {
      schema: {
        operationId: 'reviewApplication',
        tags: extensionTags,
        summary: 'Approve or reject the organisation of an application',
        params,
        body: schemas.reviewBody,
        response: done,
      },
    },
    async ({ actor, params: { certificate_id: id }, body: { decision, reason = '' } }) => {
      await reviewApplication(ports, actor, id, { decision, reason });
      return { cert_id: id, message: 'success' };
    },
  );
}

function addRevocation(api: Api, ports: ApplicationPorts): void {
  api.post(
    `${member}/revoke`,
    {
      schema: {
        operationId: 'revokeSslCertificate',
        tags: extensionTags,
        summary: 'Revoke a certificate',
        params,
        body: schemas.revokeBody,
        response: done,
      },
      config: { body: 'optional' },
    },
    async ({ actor, params: { certificate_id: id }, body: { reason = '' } }) => {
      await revokeCertificate(ports, actor, id, reason);
      return { cert_id: id, message: 'success' };
    },
  );
}
