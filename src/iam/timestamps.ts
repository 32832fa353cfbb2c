/** `2025-11-28T09:30:00.000000Z`; the vendor's SDK cannot parse it without the fraction. */
export function formatMicroseconds(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** `2025-11-28T09:30:00.000000`, Keystone's form of a password's end; Go clients parse no other. */
export function formatWithoutZone(ms: number): string {
  return formatMicroseconds(ms).replace('Z', '');
}

/** `2025-11-28T09:30:00Z`, the enterprise projects' form. */
export function formatSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `2025-11-28 09:30:00.0`, the form of users' times in the OS-USER interface. */
export function formatSpaced(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '.0');
}
