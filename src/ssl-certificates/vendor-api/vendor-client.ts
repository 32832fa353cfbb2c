import { signRequest } from '../../iam/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Outbound, OutboundRequest } from '../../platform/outbound/index.ts';

export interface VendorSettings {
  /** Scheme, host and port, without a path: `https://elb.cn-north-4.myhuaweicloud.com`. It may be a private one: it is the operator's. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of regional services. */
  readonly projectId?: string;
  /** PEM; trusted instead of the public CAs. */
  readonly ca?: string;
}

type QueryValue = string | number | boolean;

export interface VendorClient {
  /**
   * `path` begins with a slash and is percent-encoded already; `query` is not. Answers the parsed JSON of a 2xx answer, undefined if
   * it is empty. Throws VendorRefusal for every other answer, OutboundFailed or OutboundRefused where there was none.
   */
  request(
    method: NonNullable<OutboundRequest['method']>,
    path: string,
    query?: Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>,
    body?: unknown,
  ): Promise<unknown>;
}

/** The service answered, and it was not what was asked for. `text` is the service's own, cut where it is long. */
export class VendorRefusal extends Error {
  readonly status: number;
  /** Such as `DNS.0302`; undefined where the service gave none. */
  readonly code: string | undefined;
  readonly text: string;

  constructor(status: number, code: string | undefined, text: string) {
    super(`${status} ${code ?? ''} ${text}`);
    this.name = 'VendorRefusal';
    this.status = status;
    this.code = code;
    this.text = text;
  }
}

const timeoutMs = 30_000;
/** Of the services' longest list, at its largest page. */
const maxBytes = 8 * 1024 * 1024;
const longestText = 500;

/** `clock` must be that of the world: the service refuses signatures that are off by 15 minutes. */
export function createVendorClient(
  settings: VendorSettings,
  { outbound, clock }: { readonly outbound: Outbound; readonly clock: Clock },
): VendorClient {
  const { origin, host } = new URL(settings.endpoint);
  return {
    async request(method, path, query = {}, body) {
      const rawUrl = `${path}${queryString(query)}`;
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        // Every request has a type, one without a body too: with none, the vendor's signers declare the payload unsigned.
        'content-type': 'application/json',
        host,
        'user-agent': 'OpenCCM',
        'x-sdk-date': basicDateTime(clock.nowMs()),
        ...(settings.projectId === undefined ? {} : { 'x-project-id': settings.projectId }),
      };
      const authorization = signRequest({ method, rawUrl, headers, body: Buffer.from(text) }, settings);
      const answer = await outbound.request(`${origin}${rawUrl}`, {
        method,
        headers: { ...headers, authorization },
        ...(text === '' ? {} : { body: text }),
        timeoutMs,
        maxBytes,
        namedByOperator: true,
        ...(settings.ca === undefined ? {} : { ca: settings.ca }),
      });
      const content = Buffer.from(answer.body).toString('utf8');
      if (answer.status < 200 || answer.status > 299) throw refusalOf(answer.status, content);
      if (content.trim() === '') return undefined;
      return parseJson(content) ?? refuseText(answer.status);
    },
  };
}

/** ISO 8601's basic format, in UTC and without fractions: 20251128T093000Z. */
function basicDateTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}

function queryString(query: NonNullable<Parameters<VendorClient['request']>[2]>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each) => `${name}=${encodeURIComponent(String(each))}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuseText(status: number): never {
  throw new VendorRefusal(status, undefined, 'The answer is not JSON.');
}

/** The services word their errors in three ways: `{error_code, error_msg}`, `{code, message}`, and either within `error`. */
function refusalOf(status: number, content: string): VendorRefusal {
  const parsed = parseJson(content);
  const outer = isObject(parsed) ? parsed : {};
  const inner = isObject(outer.error) ? outer.error : outer;
  const code = inner.error_code ?? inner.code;
  const text = inner.error_msg ?? inner.message ?? content;
  return new VendorRefusal(
    status,
    typeof code === 'string' ? code : undefined,
    String(text).slice(0, longestText),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
