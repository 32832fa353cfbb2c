import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import { BodyBudget } from './body-budget.ts';
import { gatewayErrors } from './gateway-errors.ts';
import { RateLimit } from './rate-limit.ts';

/** Limits of the configuration; a rate is in requests a second, 0 is none. */
export interface LimitSettings {
  /** Rate of requests without valid credentials from one source. */
  readonly strangersPerSecond: number;
  /** Rate of one user or agency, over all services. */
  readonly principalPerSecond: number;
  /** Rate of one account at each service. */
  readonly servicePerSecond: number;
  /** Request bodies held in memory at a time. */
  readonly bodyBytes: number;
  /** Open at each listener. */
  readonly mostConnections: number;
  readonly mostConnectionsOfSource: number;
}

export const defaultLimits: LimitSettings = {
  strangersPerSecond: 200,
  principalPerSecond: 0,
  servicePerSecond: 0,
  bodyBytes: 64 * 1024 * 1024,
  mostConnections: 4_000,
  mostConnectionsOfSource: 1_000,
};

/** Why a request ended before its operation, as the metrics count it. */
export type LimitReason =
  | 'stranger-rate'
  | 'principal-rate'
  | 'service-rate'
  | 'body-budget'
  | 'connections'
  | 'client-gone';

/** The caller, as far as limits tell callers apart. */
export interface Caller {
  readonly principal: string;
  readonly account: string;
}

/** The limits of one process, shared by its listeners. */
export class HttpLimits {
  readonly settings: LimitSettings;
  readonly bodies: BodyBudget;
  /** Counts a refusal. */
  readonly refused: (reason: LimitReason) => void;
  readonly #strangers: RateLimit;
  readonly #principals: RateLimit;
  readonly #services: RateLimit;

  constructor(settings: LimitSettings, clock: Clock, refused: (reason: LimitReason) => void = () => {}) {
    this.settings = settings;
    this.bodies = new BodyBudget(settings.bodyBytes);
    this.refused = refused;
    this.#strangers = new RateLimit(clock, settings.strangersPerSecond);
    this.#principals = new RateLimit(clock, settings.principalPerSecond);
    this.#services = new RateLimit(clock, settings.servicePerSecond);
  }

  /** Counts a request without valid credentials. Throws the gateway's 429. */
  countStranger(source: string): void {
    this.#check('stranger-rate', this.#strangers.take(source), 'without valid credentials from this address');
  }

  /** Undoes `countStranger` for a request that turned out to have valid credentials, such as a login. */
  forgiveStranger(source: string): void {
    this.#strangers.giveBack(source);
  }

  /** Counts an authenticated request. Throws the gateway's 429. */
  countCaller({ principal, account }: Caller, service: string): void {
    this.#check('principal-rate', this.#principals.take(principal), 'of this user');
    this.#check(
      'service-rate',
      this.#services.take(`${account} ${service}`),
      'of this account at this service',
    );
  }

  #check(reason: LimitReason, waitSeconds: number, whose: string): void {
    if (waitSeconds === 0) return;
    this.refused(reason);
    throw throttled(`Too many requests ${whose}; try again in ${waitSeconds} s.`, waitSeconds);
  }
}

/** The gateway's 429, with `Retry-After`. */
export function throttled(detail: string, retryAfterSeconds: number): ServiceError {
  return new ServiceError('gateway', gatewayErrors.throttled, detail, { retryAfterSeconds });
}
