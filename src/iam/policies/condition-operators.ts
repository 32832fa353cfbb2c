import { compileAddressRange } from './address-range.ts';
import { compileGlob } from './glob.ts';

/** Tests one value of the request against one value of the policy. */
type ValueTest = (actual: string) => boolean;

interface Operator {
  /** Compiles a policy value; undefined if it is not of the operator's kind (a number, a date, an address). */
  readonly compile: (expected: string) => ValueTest | undefined;
  /** Negated operators hold if no expected value matches, and so also where the key is absent. */
  readonly negated: boolean;
}

const lower = (text: string) => text.toLowerCase();

const equals =
  (expected: string): ValueTest =>
  (actual) =>
    actual === expected;
const equalsIgnoreCase = (expected: string): ValueTest => {
  const folded = lower(expected);
  return (actual) => lower(actual) === folded;
};
const startsWith =
  (expected: string): ValueTest =>
  (actual) =>
    actual.startsWith(expected);
const endsWith =
  (expected: string): ValueTest =>
  (actual) =>
    actual.endsWith(expected);

function ordered(parse: (text: string) => number, holds: (actual: number, expected: number) => boolean) {
  return (expected: string): ValueTest | undefined => {
    const bound = parse(expected);
    // A comparison with NaN is false both ways, so an unparsable value of the request never satisfies it.
    return Number.isNaN(bound) ? undefined : (actual) => holds(parse(actual), bound);
  };
}

const parseNumber = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
const parseDate = (text: string) => (/^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN);

function bool(expected: string): ValueTest | undefined {
  const wanted = lower(expected);
  return wanted === 'true' || wanted === 'false' ? (actual) => lower(actual) === wanted : undefined;
}

const operators = new Map<string, Operator>();

function define(
  names: readonly string[],
  compile: Operator['compile'],
  negatedNames: readonly string[] = [],
): void {
  for (const name of names) operators.set(lower(name), { compile, negated: false });
  for (const name of negatedNames) operators.set(lower(name), { compile, negated: true });
}

define(['StringEquals', 'StringEqualsAnyOf'], equals, ['StringNotEquals', 'StringNotEqualsAnyOf']);
define(
  ['StringEqualsIgnoreCase', 'StringEqualsIgnoreCaseAnyOf', 'StringIgnoreCaseEqualsAnyOf'],
  equalsIgnoreCase,
  ['StringNotEqualsIgnoreCase', 'StringNotEqualsIgnoreCaseAnyOf'],
);
define(['StringLike', 'StringLikeAnyOf', 'StringMatch', 'StringMatchAnyOf'], compileGlob, [
  'StringNotLike',
  'StringNotLikeAnyOf',
  'StringNotMatch',
  'StringNotMatchAnyOf',
]);
define(['StringStartWith', 'StringStartWithAnyOf'], startsWith, [
  'StringNotStartWith',
  'StringNotStartWithAnyOf',
]);
define(['StringEndWith', 'StringEndWithAnyOf'], endsWith, ['StringNotEndWith', 'StringNotEndWithAnyOf']);
for (const [kind, parse] of [
  ['Number', parseNumber],
  ['Numeric', parseNumber],
  ['Date', parseDate],
] as const) {
  define(
    [`${kind}Equals`],
    ordered(parse, (a, b) => a === b),
    [`${kind}NotEquals`],
  );
  define([`${kind}LessThan`], ordered(parse, (a, b) => a < b));
  define([`${kind}LessThanEquals`], ordered(parse, (a, b) => a <= b));
  define([`${kind}GreaterThan`], ordered(parse, (a, b) => a > b));
  define([`${kind}GreaterThanEquals`], ordered(parse, (a, b) => a >= b));
}
define(['Bool'], bool);
define(['IpAddress'], compileAddressRange, ['NotIpAddress']);

export function findOperator(name: string): Operator | undefined {
  return operators.get(lower(name));
}
