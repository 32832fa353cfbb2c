import { OutboundFailed, OutboundRefused } from '../../platform/outbound/index.ts';
import { readSecret } from '../secret-setting.ts';
import { sendWebhook } from '../webhook/send-webhook.ts';
import { readCa } from './configured-ca.ts';
import {
  type CertificateBundle,
  type Target,
  TargetFailure,
  type TargetResource,
  unreachable,
} from './target.ts';
import type { WebhookConfiguration } from './target-configuration.ts';
import type { TargetPorts } from './target-ports.ts';

const longestReason = 200;

/** Any other system: it is told what to do, and says whether it did. */
export function createWebhookTarget(
  { outbound, machineClock, random }: TargetPorts,
  configuration: WebhookConfiguration,
): Target {
  const { service, project, url } = configuration;
  const address = {
    url,
    secret: readSecret(configuration.secret),
    namedByOperator: true,
    ...readCa(configuration.ca_file),
  };
  async function send(action: 'push' | 'deploy', bundle: CertificateBundle, resource?: TargetResource) {
    const content = { action, service, project, certificate: certificateOf(bundle), ...resourceOf(resource) };
    const message = { id: random.uuid(), sentMs: machineClock.nowMs(), content };
    const answer = await sendWebhook(outbound, address, message).catch((error: unknown) => {
      if (error instanceof OutboundFailed || error instanceof OutboundRefused) throw unreachable(error);
      throw error;
    });
    const fields = fieldsOf(answer.body);
    if (answer.status < 200 || answer.status > 299) throw failureOf(answer.status, fields);
    return fields;
  }
  return {
    async push(bundle) {
      const { certificate_id: id } = await send('push', bundle);
      return id || bundle.certificateId;
    },
    async deploy(bundle, resource) {
      const { certificate_id: id, resource_name: name } = await send('deploy', bundle, resource);
      return {
        targetCertificateId: id || bundle.certificateId,
        resourceName: name || resource.id || resource.domainName,
      };
    },
    resourcesUsing: async () => undefined,
  };
}

function certificateOf(bundle: CertificateBundle) {
  return {
    id: bundle.certificateId,
    name: bundle.name,
    domain: bundle.domain,
    certificate: bundle.certificatePem,
    certificate_chain: bundle.chainPem,
    private_key: bundle.privateKeyPem,
    fingerprint_sha256: bundle.fingerprintSha256,
  };
}

function resourceOf(resource: TargetResource | undefined) {
  if (resource === undefined) return {};
  const { id, type, domainName, enterpriseProjectId } = resource;
  return { resource: { id, type, domain_name: domainName, enterprise_project_id: enterpriseProjectId } };
}

type AnswerField = 'certificate_id' | 'resource_name' | 'error_code' | 'error_msg';

function fieldsOf(body: Uint8Array): Partial<Record<AnswerField, string>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString());
    if (typeof parsed !== 'object' || parsed === null) return {};
    const texts = Object.entries(parsed).filter(([, value]) => typeof value === 'string');
    return Object.fromEntries(texts) as Partial<Record<AnswerField, string>>;
  } catch {
    return {};
  }
}

function failureOf(status: number, { error_code: code, error_msg: text }: ReturnType<typeof fieldsOf>) {
  const said = [code, text].filter(Boolean).join(':').slice(0, longestReason);
  return new TargetFailure(kindOf(status), said || `The webhook answered ${status}.`);
}

function kindOf(status: number): TargetFailure['kind'] {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404) return 'no-such-resource';
  return status === 429 || status >= 500 ? 'unavailable' : 'refused';
}
