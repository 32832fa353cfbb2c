import type { KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { DigestResult, DigestTask } from './digest-task.ts';
import type { DigestAnswer, DigestOrder } from './digest-worker.ts';

interface Waiting {
  readonly resolve: (result: DigestResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One thread beside the main one for what Node's own thread pool does not offer. Tasks of one turn of the event loop go over in one
 * message. A key goes over once, natively, not as bytes, and is forgotten there after it is collected here.
 */
export class DigestThread {
  #worker: Worker | undefined;
  #handles = new WeakMap<KeyObject, number>();
  readonly #collected = new FinalizationRegistry<number>((handle) => this.#forget.push(handle));
  readonly #waiting = new Map<number, Waiting>();
  #keys: (readonly [number, KeyObject])[] = [];
  #forget: number[] = [];
  #tasks: (readonly [number, number, DigestTask])[] = [];
  #lastNumber = 0;

  /** Rejects if the task fails or the thread dies; the next task then has a new thread. */
  run(task: DigestTask, key: KeyObject): Promise<DigestResult> {
    return new Promise((resolve, reject) => {
      const id = this.#nextNumber();
      this.#waiting.set(id, { resolve, reject });
      if (this.#tasks.length === 0) setImmediate(() => this.#flush());
      this.#tasks.push([id, this.#handleOf(key), task]);
    });
  }

  #nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  #handleOf(key: KeyObject): number {
    const known = this.#handles.get(key);
    if (known !== undefined) return known;
    const handle = this.#nextNumber();
    this.#handles.set(key, handle);
    this.#collected.register(key, handle);
    this.#keys.push([handle, key]);
    return handle;
  }

  #flush(): void {
    // Empty if the thread failed since the flush was planned.
    if (this.#tasks.length === 0) return;
    const order: DigestOrder = { keys: this.#keys, forget: this.#forget, tasks: this.#tasks };
    this.#keys = [];
    this.#forget = [];
    this.#tasks = [];
    const worker = this.#worker ?? this.#start();
    // Only while somebody waits does the thread keep the process alive.
    worker.ref();
    worker.postMessage(order);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./digest-worker.ts', import.meta.url));
    worker.on('message', (answer: DigestAnswer) => this.#settle(answer));
    worker.on('error', (cause) => this.#fail(worker, new Error('the thread for digests failed', { cause })));
    worker.on('exit', () => this.#fail(worker, new Error('the thread for digests ended')));
    this.#worker = worker;
    return worker;
  }

  #settle(answer: DigestAnswer): void {
    for (const [id, result] of answer) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (result === undefined) waiting?.reject(new Error('the work over a digest failed'));
      else waiting?.resolve(result);
    }
    if (this.#waiting.size === 0) this.#worker?.unref();
  }

  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    // Its keys are gone with it.
    this.#handles = new WeakMap();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#tasks = [];
    this.#keys = [];
    for (const { reject } of waiting) reject(error);
  }
}

const thread = new DigestThread();

/** A signature over a digest. The digest is copied. */
export async function signOnThread(
  task: Exclude<DigestTask, { operation: 'verify' }>,
  privateKey: KeyObject,
): Promise<Buffer> {
  const signature = await thread.run({ ...task, digest: new Uint8Array(task.digest) }, privateKey);
  if (typeof signature === 'boolean') throw new TypeError('a signature was expected');
  return Buffer.from(signature.buffer, signature.byteOffset, signature.length);
}

/** Whether a signature over a digest holds. */
export async function verifyOnThread(
  task: Extract<DigestTask, { operation: 'verify' }>,
  publicKey: KeyObject,
): Promise<boolean> {
  const { digest, signature } = task;
  const copied = { ...task, digest: new Uint8Array(digest), signature: new Uint8Array(signature) };
  return (await thread.run(copied, publicKey)) === true;
}
