import type { Reader, Transaction } from '../../platform/db/index.ts';

/** One kind of row that accounts make, and how many of them there may be. */
export interface LimitKind {
  /** `<service>.<rows>`, such as `kms.keystores`. */
  readonly kind: string;
  /** Name of the counted rows, in the plural. */
  readonly what: string;
  /** The unit that the limit applies to: `account`, or something in it such as `project` or `key`. */
  readonly per: string;
  /** Limit of an account without one of its own. */
  readonly standard: number;
  /** The tables that cannot grow further when the limit is reached. */
  readonly tables: readonly string[];
  /** Counts the rows of one owner (see `per`); without an owner those of whichever has most. */
  readonly count: (reader: Reader, accountId: string, owner?: string) => Promise<number>;
  /** The service's own error. */
  readonly refusal: (detail: string) => Error;
  /** Where the account's own limit is kept, if not in the table of limits. */
  readonly ownLimit?: OwnLimit;
}

/** Undefined: the account has no limit of its own. */
export interface OwnLimit {
  read(reader: Reader, accountId: string): Promise<number | undefined>;
  write(transaction: Transaction, accountId: string, limit: number | undefined): Promise<void>;
}

/** A capability's tables: each is in a kind, or bounded by something else for the reason given. */
export interface LimitDeclaration {
  readonly kinds: readonly LimitKind[];
  readonly boundedOtherwise: Readonly<Record<string, string>>;
}
