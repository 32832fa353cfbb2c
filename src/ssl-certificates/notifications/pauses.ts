import type { Clock } from '../../platform/clock.ts';

const firstMs = 1_000;
const longestMs = 3_600_000;

export interface Pauses {
  /** When the place is to be tried again, in milliseconds since 1970; undefined: now. */
  until(place: string): number | undefined;
  failed(place: string): void;
  succeeded(place: string): void;
}

/**
 * Places that do not answer are left alone for a second, doubling up to an hour. Otherwise each of a thousand waiting notices would
 * find out by itself, and jobs of which somebody waits for the outcome would wait for that.
 */
export function createPauses(clock: Clock): Pauses {
  const failures = new Map<string, { count: number; untilMs: number }>();
  return {
    until(place) {
      const { untilMs = 0 } = failures.get(place) ?? {};
      return untilMs > clock.nowMs() ? untilMs : undefined;
    },
    failed(place) {
      const nowMs = clock.nowMs();
      const { count = 0, untilMs = 0 } = failures.get(place) ?? {};
      // Those that were under way together fail together, which is one failure.
      if (untilMs > nowMs) return;
      failures.set(place, { count: count + 1, untilMs: nowMs + Math.min(firstMs * 2 ** count, longestMs) });
    },
    succeeded(place) {
      failures.delete(place);
    },
  };
}
