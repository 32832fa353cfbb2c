import { Type } from 'typebox';
import type { Actor } from '../../iam/actor.ts';
import type { Api } from '../../platform/http/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { deployCertificate } from './deploy-certificate.ts';
import * as schemas from './deployment-schemas.ts';
import {
  listDeployedResources,
  type ResourcesOfCertificate,
  type ResourcesOfService,
} from './list-deployed-resources.ts';
import { pushCertificate, pushToProjects } from './push-certificate.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication. */
    actor: Actor;
  }
}

const certificate = '/v3/scm/certificates/:certificate_id';
const tags = ['Certificate deployment'];
const params = schemas.certificateIdParams;

/** The routes of reference 4.1.4, and the query of deployed resources. */
export function deploymentRoutes(ports: SslCertificatesPorts): (api: Api) => void {
  return (api) => {
    addPushes(api, ports);
    addDeployment(api, ports);
    addQuery(api, ports);
  };
}

function addPushes(api: Api, ports: SslCertificatesPorts): void {
  api.post(
    `${certificate}/push`,
    {
      schema: {
        operationId: 'pushCertificate',
        tags,
        summary: 'Push a certificate to another service',
        params,
        body: schemas.pushBody,
        response: { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) },
      },
    },
    async ({ actor, params, body }, reply) => {
      const sent = { service: body.target_service, project: body.target_project ?? '' };
      await pushCertificate(ports, actor, params.certificate_id, sent);
      return reply.code(204).send();
    },
  );
  api.post(
    `${certificate}/batch-push`,
    {
      schema: {
        operationId: 'batchPushCertificate',
        tags,
        summary: 'Push a certificate to several regions',
        params,
        body: schemas.batchPushBody,
        response: { 200: schemas.batchPushResponse },
      },
    },
    async ({ actor, params, body }) => {
      const sent = { service: body.target_service, projects: body.target_projects };
      const results = await pushToProjects(ports, actor, params.certificate_id, sent);
      return {
        results: results.map(({ project, targetCertificateId, message }) => ({
          project_name: project,
          cert_id: targetCertificateId,
          message,
        })),
      };
    },
  );
}

function addDeployment(api: Api, ports: SslCertificatesPorts): void {
  api.post(
    `${certificate}/deploy`,
    {
      schema: {
        operationId: 'deployCertificate',
        tags,
        summary: 'Deploy a certificate to resources of other services',
        params,
        body: schemas.deployBody,
        response: { 200: schemas.deployResponse },
      },
    },
    async ({ actor, params, body: { service_name, project_name, resources = [] } }) => {
      const failures = await deployCertificate(ports, actor, params.certificate_id, {
        service: service_name ?? '',
        project: project_name ?? '',
        resources: resources.map((each) => ({
          id: each.id ?? '',
          type: each.type ?? '',
          domainName: each.domain_name ?? '',
          enterpriseProjectId: each.enterprise_project_id ?? '',
        })),
      });
      return { failure_list: failures.map(({ resource, reason }) => ({ resource, failure_info: reason })) };
    },
  );
}

function addQuery(api: Api, ports: SslCertificatesPorts): void {
  api.post(
    '/v3/scm/deployed-resources',
    {
      schema: {
        operationId: 'listDeployedResources',
        tags,
        summary: 'Query deployed resources',
        body: schemas.deployedResourcesBody,
        response: { 200: schemas.deployedResourcesResponse },
      },
    },
    async ({ actor, body: { certificate_ids = [], service_names = [] } }) => {
      const sent = { certificateIds: certificate_ids, services: service_names };
      return { results: (await listDeployedResources(ports, actor, sent)).map(presentResources) };
    },
  );
}

function presentResources({ certificateId, services }: ResourcesOfCertificate) {
  return {
    certificate_id: certificateId,
    total_num: services.reduce((sum, service) => sum + countOf(service), 0),
    deployed_resources: services.map((each) => ({
      service: each.service,
      resource_num: countOf(each),
      resource_location: each.service === 'CDN' ? 'global' : 'region',
      region_resources: each.regions.map(({ region, isUnreliable, resources }) => ({
        region_id: region,
        is_error: isUnreliable,
        resources: resources.map(({ id, name }) => ({ resource_id: id, resource_name: name })),
      })),
    })),
  };
}

function countOf({ regions }: ResourcesOfService): number {
  return regions.reduce((sum, region) => sum + region.resources.length, 0);
}
