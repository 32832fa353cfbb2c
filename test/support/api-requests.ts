import { type ApiOperation, exampleBody, examplePath } from './example-request.ts';
import { rows as keyRows, type Property, requestOf } from './kms-operations.ts';
import { csrBody, rootCaBody } from './private-ca-requests.ts';
import { sampleCsr } from './sample-csr.ts';
import { project } from './ssl-world.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** An operation that asks who its caller is, with a request for it. */
export interface RequestedOperation {
  readonly operationId: string;
  readonly request: ApiRequest;
}

/** What requests name. */
export interface NamedThings {
  readonly accountId: string;
  readonly projectId: string;
  readonly keys: Property;
  readonly sslCertificateId: string;
  /** By the names of the parameters of paths. */
  readonly ids: Readonly<Record<string, string>>;
}

export type ApiPaths = Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;

const tag = { key: 'tried', value: 'once' };
const addresses = { allow_ip_ranges: [{ ip_range: '0.0.0.0-255.255.255.255', description: '' }] };
const place = { service_name: 'ELB', project_name: project, resources: [{ id: 'tried' }] };
/** Bodies of operations that look at what is in them before they ask for a permission; all others get the least that is valid. */
const bodies: Readonly<Record<string, object>> = {
  createCertificateAuthority: rootCaBody('Requested'),
  createCertificateByCsr: csrBody('00000000-0000-4000-8000-000000000000'),
  parseCsr: { csr: sampleCsr },
  exportCertificate: { is_compressed: false, type: 'OTHER' },
  pushCertificate: { target_service: 'ELB', target_project: project },
  batchPushCertificate: { target_service: 'ELB', target_projects: [project] },
  deployCertificate: place,
  listDeployedResources: { certificate_ids: ['scs0000000000000'], service_names: ['ALL'] },
  batchCreateOrDeleteTags: { action: 'create', tags: [tag] },
  updateConsoleAclPolicy: { console_acl_policy: addresses },
  updateApiAclPolicy: { api_acl_policy: addresses },
};

/** Queries without which an operation is about the caller itself. */
const queries: Readonly<Record<string, (ids: NamedThings['ids']) => string>> = {
  listPermanentAccessKeys: ({ user_id }) => `?user_id=${user_id}`,
};

/** What changes and removes comes after what reads; keys in the order of their table. */
const order = ['GET', 'PUT', 'PATCH', 'POST', 'DELETE'];
/**
 * After all others. With a second enterprise project lists are not refused where the first is denied, but filtered; the others
 * change what is asked of every later request.
 */
const last = [
  'createEnterpriseProject',
  'updatePasswordPolicy',
  'updateLoginPolicy',
  'updateConsoleAclPolicy',
  'updateApiAclPolicy',
  'updateApprovalPolicy',
  'updateProtectPolicy',
];

/** A request for every operation of the API that wants a caller, in an order in which they can be carried out. */
export function requestsForAll(paths: ApiPaths, named: NamedThings): RequestedOperation[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.security?.length !== 0)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const keyOrder = Object.keys(keyRows);
  const rank = ({ method, path, operation }: (typeof operations)[number]) => {
    const amongLast = last.indexOf(operation.operationId);
    if (amongLast >= 0) return 1_000_000 + amongLast;
    const among = keyOrder.indexOf(`${method} ${path}`);
    return among < 0 ? order.indexOf(method) * 1000 : 10_000 + among;
  };
  return operations
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ method, path, operation }) => ({
      operationId: operation.operationId,
      request: requestFor(method, path, operation, named),
    }));
}

function requestFor(method: string, path: string, operation: ApiOperation, named: NamedThings): ApiRequest {
  const { accountId, projectId, keys, ids, sslCertificateId } = named;
  const row = keyRows[`${method} ${path}`];
  if (row) return requestOf(`${method} ${path}`, row, keys, projectId);
  const scopeId = /\/projects\/\{scope_id\}/.test(path)
    ? projectId
    : path.includes('enterprise-projects')
      ? '0'
      : accountId;
  const scmIds = path.startsWith('/v3/scm/')
    ? { certificate_id: sslCertificateId, resource_id: sslCertificateId }
    : {};
  const own = { domain_id: accountId, scope_id: scopeId, enterprise_project_id: '0', ...ids, ...scmIds };
  const query = queries[operation.operationId]?.(ids) ?? '';
  return {
    method,
    path: examplePath(path, operation, own) + query,
    body: bodies[operation.operationId] ?? exampleBody(operation),
  };
}
