import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';

interface Waiting<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

type Answer<Result> = { readonly result: Result } | { readonly failed: true };

/** A thread that nobody needed for so long ends, and gives its memory back. */
const idleMs = 30_000;

/**
 * Threads for computations of tenths of a second and more. On libuv's threads those would delay signatures and files of
 * everybody. There are as many threads as works at the same time; a `FairPool` in front bounds them.
 */
export class WorkThreads<Task, Result> {
  readonly #file: URL;
  readonly #idle: Worker[] = [];
  readonly #ending = new Map<Worker, NodeJS.Timeout>();
  readonly #busy = new Map<Worker, Waiting<Result>>();

  /** `file` calls `serveWork`. */
  constructor(file: URL) {
    this.#file = file;
  }

  /** Rejects if the work fails, for a reason that stays in the thread, or the thread dies. */
  run(task: Task): Promise<Result> {
    return new Promise((resolve, reject) => {
      const worker = this.#idle.pop() ?? this.#start();
      clearTimeout(this.#ending.get(worker));
      this.#busy.set(worker, { resolve, reject });
      // Only while somebody waits does the thread keep the process alive.
      worker.ref();
      worker.postMessage(task);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#file);
    worker.on('message', (answer: Answer<Result>) => {
      const waiting = this.#busy.get(worker);
      this.#rest(worker);
      if ('result' in answer) waiting?.resolve(answer.result);
      else waiting?.reject(new Error('the work in a thread failed'));
    });
    worker.on('error', (cause) => this.#fail(worker, new Error('a thread failed', { cause })));
    worker.on('exit', () => this.#fail(worker, new Error('a thread ended')));
    return worker;
  }

  #rest(worker: Worker): void {
    this.#busy.delete(worker);
    this.#idle.push(worker);
    worker.unref();
    this.#ending.set(worker, setTimeout(() => this.#end(worker), idleMs).unref());
  }

  #end(worker: Worker): void {
    if (this.#busy.has(worker)) return;
    this.#forget(worker);
    void worker.terminate();
  }

  #fail(worker: Worker, error: Error): void {
    const waiting = this.#busy.get(worker);
    this.#forget(worker);
    waiting?.reject(error);
  }

  #forget(worker: Worker): void {
    clearTimeout(this.#ending.get(worker));
    this.#ending.delete(worker);
    this.#busy.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index !== -1) this.#idle.splice(index, 1);
  }
}

export interface ServedWork<Task, Result> {
  readonly perform: (task: Task) => Result;
  /** Buffers of the result that are handed over and leave no copy in the thread. */
  readonly transfer?: (result: Result) => ArrayBuffer[];
  /** Difference between `nice` of the thread and that of the process; default: 10. */
  readonly niceness?: number;
}

/**
 * Answers the tasks of `WorkThreads`, in the thread's own file. The thread runs at a lower priority where the system can do that for
 * one thread (Linux): others' short work then goes first on a processor.
 */
export function serveWork<Task, Result>({
  perform,
  transfer = () => [],
  niceness = 10,
}: ServedWork<Task, Result>): void {
  lowerPriority(niceness);
  parentPort?.on('message', (task: Task) => {
    const answer = attempt(() => perform(task));
    parentPort?.postMessage(answer, 'result' in answer ? transfer(answer.result) : []);
  });
}

function attempt<Result>(work: () => Result): Answer<Result> {
  try {
    return { result: work() };
  } catch {
    return { failed: true };
  }
}

function lowerPriority(niceness: number): void {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    const lowest = constants.priority.PRIORITY_LOW;
    if (Number.isInteger(threadId)) setPriority(threadId, Math.min(lowest, getPriority() + niceness));
  } catch {
    // Other systems set the priority of a process only, or forbid it; the work is done all the same.
  }
}
