import { hash } from 'node:crypto';

/** An authenticated request as it came over the wire, and the person who sent it. */
export interface SentRequest {
  /** The user who assumed the agency, for a session of an agency; else the principal. */
  readonly personId: string;
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  /** To be called by handlers only: the body is not read when the request is authenticated. */
  readonly body: () => Uint8Array;
}

/** SHA-256 over method, path with query, and body: two requests of one digest do the same. */
export function digestOf({ method, url, body }: SentRequest): string {
  return hash('sha256', `${method} ${url}\n${hash('sha256', body())}`);
}
