import type { LookupFunction } from 'node:net';

export interface OutboundRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** From the first lookup to the last byte; 10 000 if not given. */
  readonly timeoutMs?: number;
  /** Of the answer's body; 1 MiB if not given. */
  readonly maxBytes?: number;
  /** How many redirects are followed, each judged like the first address; 0 if not given. */
  readonly redirects?: number;
  /** PEM; trusted instead of the public CAs. */
  readonly ca?: string;
  /** Any certificate will do: for what proves itself by other means, such as a file at a domain that has no certificate yet. */
  readonly anyCertificate?: boolean;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Requests to addresses that users or the network name. None goes to loopback, link-local, private, or metadata addresses but those
 * that the operator allows; names are judged by what they resolve to, at the time of the connection.
 */
export interface Outbound {
  /** Throws OutboundRefused, or OutboundFailed for all that the network does. */
  request(url: string, options?: OutboundRequest): Promise<OutboundAnswer>;
  /** Addresses of a host that may be connected to. Throws OutboundRefused, OutboundFailed. */
  addresses(host: string): Promise<readonly string[]>;
  /** For clients with connections of their own: resolves like dns.lookup and fails for addresses that are refused. */
  readonly lookup: LookupFunction;
}
