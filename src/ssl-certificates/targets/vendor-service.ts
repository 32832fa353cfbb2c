import { OutboundFailed, OutboundRefused } from '../../platform/outbound/index.ts';
import { readSecret } from '../secret-setting.ts';
import { createVendorClient, type VendorClient, VendorRefusal } from '../vendor-api/index.ts';
import { readCa } from './configured-ca.ts';
import { findUnserved } from './probe.ts';
import { type CertificateBundle, TargetFailure, unreachable } from './target.ts';
import type { VendorConfiguration } from './target-configuration.ts';
import type { TargetPorts } from './target-ports.ts';

const longestReason = 200;

/** One of the vendor's services, as the targets of ELB, WAF and CDN use it. What it refuses is a TargetFailure in its own words. */
export interface VendorService {
  readonly request: VendorClient['request'];
  /** Of the paths of regional services. */
  readonly projectId: string;
  /**
   * Changes a resource and looks whether the certificate is served then; if it is not, `undo` brings back what was there before, and
   * the failure says what `undo` answers.
   */
  change(resource: string, bundle: CertificateBundle, steps: ChangeSteps): Promise<void>;
}

export interface ChangeSteps {
  change(): Promise<unknown>;
  /** Answers what is the case then, in a sentence. */
  undo(): Promise<string>;
}

export function createVendorService(
  { outbound, machineClock }: TargetPorts,
  configuration: VendorConfiguration,
): VendorService {
  const { endpoint, access_key: accessKey, project_id: projectId, probe = {} } = configuration;
  const client = createVendorClient(
    {
      endpoint: endpoint.replace(/\/$/, ''),
      accessKey,
      secretKey: readSecret(configuration.secret_key),
      ...(projectId !== undefined && { projectId }),
      ...readCa(configuration.ca_file),
    },
    { outbound, clock: machineClock },
  );
  const request: VendorClient['request'] = async (...given) => {
    try {
      return await client.request(...given);
    } catch (error) {
      throw failureOf(error);
    }
  };
  return {
    request,
    projectId: projectId ?? '',
    async change(resource, bundle, steps) {
      await steps.change();
      const endpoints = Object.hasOwn(probe, resource) ? probe[resource]! : [];
      const problem = await findUnserved(outbound, endpoints, bundle, configuration.probe_seconds);
      if (problem === undefined) return;
      const outcome = await steps
        .undo()
        .catch(
          (error: unknown) =>
            `The former certificate could not be put back: ${error instanceof TargetFailure ? error.text : error}.`,
        );
      throw new TargetFailure('refused', `${problem}. ${outcome}`);
    },
  };
}

function failureOf(error: unknown): unknown {
  if (error instanceof OutboundFailed || error instanceof OutboundRefused) return unreachable(error);
  if (!(error instanceof VendorRefusal)) return error;
  const text = error.code === undefined ? error.text : `${error.code}:${error.text}`;
  return new TargetFailure(kindOf(error), text.slice(0, longestReason), { cause: error });
}

function kindOf({ status, text }: VendorRefusal): TargetFailure['kind'] {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404) return 'no-such-resource';
  if (status === 429 || status >= 500) return 'unavailable';
  return /quota/i.test(text) ? 'quota' : 'refused';
}

/** A member of an answer; undefined where the answer is not of the form that the service documents. */
export function memberOf(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null
    ? (answer as Record<string, unknown>)[name]
    : undefined;
}

/** A text in an answer; empty where there is none. */
export function textOf(answer: unknown, name: string): string {
  const value = memberOf(answer, name);
  return typeof value === 'string' ? value : '';
}

/** A list in an answer; empty where there is none. */
export function listOf(answer: unknown, name: string): readonly unknown[] {
  const value = memberOf(answer, name);
  return Array.isArray(value) ? value : [];
}

/** The id in what a service made. Throws TargetFailure if there is none, so that no empty id is taken for one. */
export function requireId(answer: unknown): string {
  const id = textOf(answer, 'id');
  if (id === '')
    throw new TargetFailure('unavailable', 'The service answered without the id of the certificate.');
  return id;
}
