/** As in the orders of the vendor. 2: months, 3: years. */
export type PeriodType = 2 | 3;

export interface Period {
  readonly period_type: PeriodType;
  readonly period_num: number;
}

// Beyond this, times have no four digits for the year.
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59);

/** Calendar months or years in UTC; from the 31st to the last day of a month that has none. At most the end of the year 9999. */
export function addPeriod(ms: number, { period_type, period_num }: Period): number {
  const date = new Date(ms);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + period_num * (period_type === 3 ? 12 : 1));
  // A day that the month lacks counts into the next one; day 0 of that is the last of this.
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  const end = date.getTime();
  return Number.isNaN(end) ? latestMs : Math.min(end, latestMs);
}
