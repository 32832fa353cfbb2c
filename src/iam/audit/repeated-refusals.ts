import type { Clock } from '../../platform/clock.ts';
import { sourceNetwork } from '../../platform/source-network.ts';
import type { AccessControl } from '../access-control.ts';
import type { Actor } from '../actor.ts';

interface Refusal {
  readonly action: string;
  readonly resourceId: string;
  readonly detail: string;
}

interface Window {
  readonly actor: Actor;
  readonly refusal: Refusal;
  readonly startMs: number;
  further: number;
}

const windowMs = 60_000;
/** Sources of one resource with a record of their own in a window; further ones share one. */
const sourcesPerResource = 10;
const maximumWindows = 10_000;

/**
 * Keeps strangers from flooding the audit trail with refusals that need no credentials. The first refusal of a resource and
 * source is recorded at once, further ones of the same minute are counted. Their number is recorded after the minute, by the
 * next refusal or `flush`.
 */
export class RepeatedRefusals {
  readonly #clock: Clock;
  readonly #accessControl: AccessControl;
  /** In the order of their starts. */
  readonly #windows = new Map<string, Window>();
  readonly #sources = new Map<string, number>();

  constructor(ports: { readonly clock: Clock; readonly accessControl: AccessControl }) {
    this.#clock = ports.clock;
    this.#accessControl = ports.accessControl;
  }

  async record(actor: Actor, refusal: Refusal): Promise<void> {
    await this.flush();
    const { resourceId } = refusal;
    const own = JSON.stringify([resourceId, sourceNetwork(actor.sourceIp)]);
    const isCrowded = (this.#sources.get(resourceId) ?? 0) >= sourcesPerResource;
    const key = isCrowded && !this.#windows.has(own) ? JSON.stringify([resourceId]) : own;
    const window = this.#windows.get(key);
    if (window) {
      window.further += 1;
      return;
    }
    const oldest = this.#windows.keys().next();
    if (this.#windows.size >= maximumWindows && !oldest.done) await this.#close(oldest.value);
    this.#windows.set(key, { actor, refusal, startMs: this.#clock.nowMs(), further: 0 });
    this.#sources.set(resourceId, (this.#sources.get(resourceId) ?? 0) + 1);
    await this.#accessControl.recordRefusal(actor, refusal.action, resourceId, refusal.detail);
  }

  /** Records the counts of the minutes that are over. */
  async flush(): Promise<void> {
    const endedMs = this.#clock.nowMs() - windowMs;
    const ended: string[] = [];
    for (const [key, { startMs }] of this.#windows) {
      if (startMs > endedMs) break;
      ended.push(key);
    }
    for (const key of ended) await this.#close(key);
  }

  async #close(key: string): Promise<void> {
    const window = this.#windows.get(key);
    if (!window) return;
    this.#windows.delete(key);
    const { actor, refusal, further } = window;
    const sources = (this.#sources.get(refusal.resourceId) ?? 1) - 1;
    if (sources > 0) this.#sources.set(refusal.resourceId, sources);
    else this.#sources.delete(refusal.resourceId);
    if (further === 0) return;
    const detail = `${refusal.detail} ${further} more times within a minute.`;
    await this.#accessControl.recordRefusal(actor, refusal.action, refusal.resourceId, detail);
  }
}
