import type { Period } from './period.ts';

/** What the operator charges for one CA, in hundredths of the currency's unit. */
export interface Prices {
  readonly monthCents: number;
  readonly yearCents: number;
  /** ISO 4217. */
  readonly currency: string;
}

export const noPrices: Prices = { monthCents: 0, yearCents: 0, currency: 'CNY' };

/** Of `count` CAs for the period; what no column can hold exactly is cut. */
export function amountCents(prices: Prices, { period_type, period_num }: Period, count: number): number {
  const price = period_type === 3 ? prices.yearCents : prices.monthCents;
  return Math.min(price * period_num * count, Number.MAX_SAFE_INTEGER);
}
