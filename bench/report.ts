import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measured } from './load.ts';

/** What a run found, in the order in which it was found. */
export class Report {
  readonly #measured: (Measured & { readonly section: string; readonly ratio?: number })[] = [];
  readonly #facts: Record<string, number | string> = {};
  #section = '';

  section(title: string): void {
    this.#section = title;
    console.log(`\n${title}`);
    console.log(row(['', 'connections', 'requests/s', 'p50 ms', 'p99 ms', 'max ms', 'ratio']));
  }

  /** `ratio`: the requests per second of another to those of this one. */
  add(measured: Measured, ratio?: number): void {
    this.#measured.push({ section: this.#section, ...measured, ...(ratio === undefined ? {} : { ratio }) });
    const { name, connections, requestsPerSecond, p50Ms, p99Ms, maxMs } = measured;
    const numbers = [connections, requestsPerSecond.toFixed(0), p50Ms, p99Ms, maxMs].map(String);
    console.log(row([name, ...numbers, ratio === undefined ? '' : ratio.toFixed(2)]));
  }

  fact(name: string, value: number | string): void {
    this.#facts[name] = value;
    console.log(`${name.padEnd(44)} ${value}`);
  }

  /** Writes everything as JSON into bench/results, which git ignores; returns the file's name. */
  save(startedAt: Date): string {
    const folder = fileURLToPath(new URL('results', import.meta.url));
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${startedAt.toISOString().replaceAll(':', '-')}.json`);
    const machine = {
      cpus: cpus().length,
      model: cpus()[0]?.model,
      memoryBytes: totalmem(),
      node: process.version,
    };
    const content = { startedAt, machine, facts: this.#facts, measured: this.#measured };
    writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
    return file;
  }
}

const row = (cells: readonly string[]) =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(44) : cell.padStart(12))).join('');
