import type { Actor } from '../../iam/actor.ts';
import type { Random } from '../../platform/random.ts';
import type { Product } from './product.ts';

/** Certificates of one kind that were bought together. */
export interface OrderItem {
  readonly product: Product;
  readonly enterpriseProjectId: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  /** Claimed for them; before the order is paid there are no certificates of these ids. */
  readonly certificateIds: readonly string[];
}

/** What is stored of an order, as JSON. */
export interface OrderContent {
  readonly kind: 'purchase' | 'unsubscription';
  /** Who placed it, for people. */
  readonly orderer: string;
  readonly items: readonly OrderItem[];
}

export interface Order extends OrderContent {
  readonly orderId: string;
  readonly accountId: string;
  readonly createdMs: number;
  /** Undefined: it waits for payment. */
  readonly paidMs: number | undefined;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** In the form of the reference's examples: CS, yyMMddHHmm (UTC), five letters and digits. One that exists already is drawn again. */
export function newOrderId(random: Random, nowMs: number): string {
  const minute = new Date(nowMs).toISOString().replace(/\D/g, '').slice(2, 12);
  // 40 bits for 26: no text is noticeably likelier than another.
  const number = [...random.bytes(5)].reduce((sum, byte) => sum * 256 + byte, 0);
  const digits = Array.from({ length: 5 }, (_, place) => alphabet[Math.floor(number / 36 ** place) % 36]);
  return `CS${minute}${digits.join('')}`;
}

export function orderer({ kind, principalName }: Pick<Actor, 'kind' | 'principalName'>): string {
  return kind === 'system' ? '' : principalName;
}
