/** What the benchmarks use of autocannon, which has no types of its own. */
declare module 'autocannon' {
  export interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string;
    setupRequest?: (request: Request) => Request;
  }

  export interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Before the measurement, uncounted. */
    warmup?: { connections: number; duration: number };
    requests: Request[];
    /** Of the requests, in seconds. */
    timeout?: number;
    tlsOptions?: { ca: string };
  }

  export interface Result {
    '2xx': number;
    non2xx: number;
    errors: number;
    timeouts: number;
    /** Seconds. */
    duration: number;
    /** Milliseconds. */
    latency: { p50: number; p99: number; max: number };
  }

  export default function autocannon(options: Options): Promise<Result>;
}
