import type { Clock } from '../platform/clock.ts';
import type { ServerCredentials } from '../platform/http/index.ts';
import type { Log } from '../platform/log.ts';

const checkMs = 3_600_000;
/** Of 30 days: ten are left to notice that renewal fails. */
const renewBeforeMs = 10 * 86_400_000;

export interface Renewal {
  /** Renews if it is time; failures are logged, and the next check tries again. */
  check(): Promise<void>;
  stop(): void;
}

/** Looks every hour whether the certificate is near its end and puts a new one in its place. */
export function keepRenewed(
  first: ServerCredentials,
  issue: () => Promise<ServerCredentials>,
  replace: (credentials: ServerCredentials) => void,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Renewal {
  let { notAfterMs } = first;
  const check = async () => {
    if (clock.nowMs() < notAfterMs - renewBeforeMs) return;
    try {
      const credentials = await issue();
      replace(credentials);
      notAfterMs = credentials.notAfterMs;
    } catch (error) {
      log.error({ error, notAfterMs }, 'the certificate of this server could not be renewed');
    }
  };
  const timer = setInterval(check, checkMs);
  timer.unref();
  return { check, stop: () => clearInterval(timer) };
}
