import type { SslConfiguration } from '../configuration.ts';

export interface ApplicationSettings {
  readonly isReviewAutomatic: boolean;
  readonly lifetimeMs: number;
  readonly firstCheckMs: number;
  readonly longestCheckMs: number;
}

/** CA/Browser Forum allows 30 days for a random value; a record that is not there after a week will not come. */
const defaultLifetimeSeconds = 7 * 86_400;

export function applicationSettings({ applications = {} }: SslConfiguration): ApplicationSettings {
  return {
    isReviewAutomatic: applications.organization_review === 'automatic',
    lifetimeMs: (applications.lifetime_seconds ?? defaultLifetimeSeconds) * 1_000,
    firstCheckMs: (applications.first_check_seconds ?? 10) * 1_000,
    longestCheckMs: (applications.longest_check_seconds ?? 900) * 1_000,
  };
}

/** How long after the nth check of a name the next one comes. */
export function checkDelayMs(settings: ApplicationSettings, attempts: number): number {
  return Math.min(settings.firstCheckMs * 2 ** Math.min(attempts - 1, 30), settings.longestCheckMs);
}
