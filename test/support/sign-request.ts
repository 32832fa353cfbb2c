import { createHash, createHmac } from 'node:crypto';

export interface AccessKey {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A request as a client's signer sees it; `path` without a query. */
export interface UnsignedRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly body?: string;
  readonly atMs: number;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The headers of an SDK-HMAC-SHA256 signature over host, date and body, as the vendor's signers make them. */
export function signedHeaders(key: AccessKey, request: UnsignedRequest): Record<string, string> {
  const date = new Date(request.atMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const path = request.path.endsWith('/') ? request.path : `${request.path}/`;
  const names = 'host;x-sdk-date';
  const canonical = [
    request.method,
    path,
    '',
    `host:${request.host}`,
    `x-sdk-date:${date}`,
    '',
    names,
    sha256(request.body ?? ''),
  ].join('\n');
  const signature = createHmac('sha256', key.secretKey)
    .update(`SDK-HMAC-SHA256\n${date}\n${sha256(canonical)}`)
    .digest('hex');
  return {
    host: request.host,
    'x-sdk-date': date,
    authorization: `SDK-HMAC-SHA256 Access=${key.accessKey}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
