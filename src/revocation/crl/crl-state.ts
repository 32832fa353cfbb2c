import type { CrlStateTable } from '../tables.ts';

/** How far a CA's CRL has come, of a CA that has had one. */
export type CrlState = CrlStateTable & { readonly account_id: string };

/** What the CA wants. */
export interface CrlPlan {
  readonly validDays: number;
  readonly deltaHours: number | null;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * How long a CRL is still valid when its successor is due: publication may fail for so long without relying parties being left
 * with nothing.
 */
export function overlapMs(intervalMs: number): number {
  return Math.min(dayMs, intervalMs / 2);
}

export function completeIntervalMs(plan: CrlPlan): number {
  return plan.validDays * dayMs;
}

export function deltaIntervalMs(hours: number): number {
  return hours * hourMs;
}

/** Smaller CRLs follow one another without a pause, however long a busy machine took for the last. */
const manyEntries = 50_000;

/**
 * A change is published at once, but a CRL that takes long to make leaves three times as long to other work: without that
 * a million entries and a revocation per second would take a processor for themselves.
 */
export function quietUntilMs(
  state: Pick<CrlState, 'published_at' | 'publication_ms' | 'published_entries'>,
): number {
  if (state.published_at === null || state.published_entries < manyEntries) return 0;
  return state.published_at + 3 * state.publication_ms;
}

/** What is to be published now; undefined: nothing. */
export function dueKind(state: CrlState, plan: CrlPlan, nowMs: number): 'complete' | 'delta' | undefined {
  const { base_number: base, base_this_update: baseThisUpdate } = state;
  if (base === null || baseThisUpdate === null) return 'complete';
  if (nowMs >= baseThisUpdate + completeIntervalMs(plan)) return 'complete';
  const isChanged = state.change_count !== state.published_count;
  if (plan.deltaHours === null) return isChanged ? 'complete' : undefined;
  // A complete CRL says where its delta is: there has to be one.
  if (state.delta_base !== base || state.delta_this_update === null) return 'delta';
  if (nowMs >= state.delta_this_update + deltaIntervalMs(plan.deltaHours)) return 'delta';
  return isChanged ? 'delta' : undefined;
}

/** When the next CRL or delta is due if nothing changes. */
export function nextDueMs(state: CrlState, plan: CrlPlan): number {
  const completeDue = (state.base_this_update ?? 0) + completeIntervalMs(plan);
  if (plan.deltaHours === null) return completeDue;
  const deltaDue = (state.delta_this_update ?? 0) + deltaIntervalMs(plan.deltaHours);
  return Math.min(completeDue, deltaDue);
}
