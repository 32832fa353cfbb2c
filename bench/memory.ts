import { readFileSync, writeFileSync } from 'node:fs';

/** The memory of a process as the kernel counts it; Linux only. */
export function readMemory(processId: number): { residentMegabytes: number; peakMegabytes: number } {
  const status = readFileSync(`/proc/${processId}/status`, 'utf8');
  const megabytes = (field: string) =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { residentMegabytes: megabytes('VmRSS'), peakMegabytes: megabytes('VmHWM') };
}

/** From now on the peak counts anew. */
export function forgetPeak(processId: number): void {
  writeFileSync(`/proc/${processId}/clear_refs`, '5');
}
