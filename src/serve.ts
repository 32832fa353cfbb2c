import type { RequestListener, Server } from 'node:http';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import {
  createHttpServer,
  createHttpsServer,
  type HttpLimits,
  type Listener,
  listen,
  replaceCredentials,
} from './platform/http/index.ts';
import type { Log } from './platform/log.ts';
import type { Random } from './platform/random.ts';
import { keepRenewed, type SystemCa } from './system-ca/index.ts';

export interface ServePorts {
  /** Answers what comes by HTTPS. */
  readonly serveApi: RequestListener;
  /** Answers what comes by plain HTTP. */
  readonly serveOperations: RequestListener;
  /** Answers at the port of the metrics, if there is one. */
  readonly serveMetrics: RequestListener;
  readonly limits: HttpLimits;
  readonly systemCa: SystemCa;
  /** The machine's. */
  readonly tlsClock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hostName: string;
}

export interface Servers {
  readonly httpsPort: number;
  readonly httpPort: number;
  /** Undefined: there is no listener for metrics. */
  readonly metricsPort: number | undefined;
  /** Takes no more connections and waits for the requests in flight, for so many milliseconds at most. */
  close(graceMs: number): Promise<void>;
}

/** Opens all ports; if one cannot be had, none stays open. */
export async function serve(config: Config, ports: ServePorts): Promise<Servers> {
  const { systemCa, random, tlsClock, log, limits } = ports;
  const names = ['localhost', '127.0.0.1', '::1', ports.hostName, config.host, hostOf(config.publicUrl)];
  const issue = () => systemCa.issueServerCertificate(names.filter((name) => name !== undefined));
  const credentials = await issue();
  const httpsServer = createHttpsServer(credentials, ports.serveApi);
  const httpServer = createHttpServer(ports.serveOperations);
  const { host, httpsPort, httpPort, metrics } = config;
  const opened: Listener[] = [];
  const open = async (server: Server, address: { host: string; port: number }, variable: string) => {
    opened.push(await listen(server, { ...address, variable }, random, limits));
  };
  try {
    await open(httpsServer, { host, port: httpsPort }, 'OPENCCM_HTTPS_PORT');
    await open(httpServer, { host, port: httpPort }, 'OPENCCM_HTTP_PORT');
    if (metrics.port !== undefined) {
      const metricsServer = createHttpServer(ports.serveMetrics);
      await open(metricsServer, { host: metrics.host, port: metrics.port }, 'OPENCCM_METRICS_PORT');
    }
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close(0)));
    throw error;
  }
  const replace = (renewed: typeof credentials) => replaceCredentials(httpsServer, renewed);
  const renewal = keepRenewed(credentials, issue, replace, { clock: tlsClock, log });
  const [https, http, ofMetrics] = opened as [Listener, Listener, Listener?];
  return {
    httpsPort: https.port,
    httpPort: http.port,
    metricsPort: ofMetrics?.port,
    async close(graceMs) {
      renewal.stop();
      await Promise.all(opened.map((listener) => listener.close(graceMs)));
    },
  };
}

function hostOf(url: string | undefined): string | undefined {
  // The brackets of an IPv6 address belong to the URL's syntax.
  return url && new URL(url).hostname.replace(/^\[|\]$/g, '');
}
