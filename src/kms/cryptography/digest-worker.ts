import type { KeyObject } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { type DigestResult, type DigestTask, performDigestTask } from './digest-task.ts';

/** What the main thread sends: keys that are new to the worker, keys that it may forget, and tasks by number. */
export interface DigestOrder {
  readonly keys: readonly (readonly [handle: number, key: KeyObject])[];
  readonly forget: readonly number[];
  readonly tasks: readonly (readonly [id: number, handle: number, task: DigestTask])[];
}

/** What comes back for each task; without a result it failed, for a reason that may not leave the worker. */
export type DigestAnswer = readonly (readonly [id: number, result: DigestResult | undefined])[];

const keys = new Map<number, KeyObject>();

function perform(handle: number, task: DigestTask): DigestResult | undefined {
  const key = keys.get(handle);
  if (!key) return undefined;
  try {
    const result = performDigestTask(task, key);
    // Copied: a small buffer is a view of a larger one, all of which would be sent.
    return typeof result === 'boolean' ? result : new Uint8Array(result);
  } catch {
    return undefined;
  }
}

parentPort?.on('message', (order: DigestOrder) => {
  for (const [handle, key] of order.keys) keys.set(handle, key);
  const answer: DigestAnswer = order.tasks.map(([id, handle, task]) => [id, perform(handle, task)]);
  for (const handle of order.forget) keys.delete(handle);
  parentPort?.postMessage(answer);
});
