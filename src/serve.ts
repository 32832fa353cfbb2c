import type { RequestListener } from 'node:http';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import {
  createHttpServer,
  createHttpsServer,
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
  /** Takes no more connections and waits for the requests in flight, for so many milliseconds at most. */
  close(graceMs: number): Promise<void>;
}

/** Opens both ports; if one cannot be had, neither stays open. */
export async function serve(config: Config, ports: ServePorts): Promise<Servers> {
  const { systemCa, random, tlsClock, log } = ports;
  const names = ['localhost', '127.0.0.1', '::1', ports.hostName, config.host, hostOf(config.publicUrl)];
  const issue = () => systemCa.issueServerCertificate(names.filter((name) => name !== undefined));
  const credentials = await issue();
  const httpsServer = createHttpsServer(credentials, ports.serveApi);
  const httpServer = createHttpServer(ports.serveOperations);
  const { host, httpsPort, httpPort } = config;
  const opened: Listener[] = [];
  try {
    opened.push(await listen(httpsServer, { host, port: httpsPort, variable: 'OPENCCM_HTTPS_PORT' }, random));
    opened.push(await listen(httpServer, { host, port: httpPort, variable: 'OPENCCM_HTTP_PORT' }, random));
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close(0)));
    throw error;
  }
  const replace = (renewed: typeof credentials) => replaceCredentials(httpsServer, renewed);
  const renewal = keepRenewed(credentials, issue, replace, { clock: tlsClock, log });
  const [https, http] = opened as [Listener, Listener];
  return {
    httpsPort: https.port,
    httpPort: http.port,
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
