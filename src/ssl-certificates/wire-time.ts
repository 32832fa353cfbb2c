/** Milliseconds since 1970 as the service writes times: `yyyy-MM-dd HH:mm:ss.S`, UTC (the reference's example has no zone). */
export function wireTime(ms: number | null): string | null {
  if (ms === null || ms === 0) return null;
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${iso[20]}`;
}
