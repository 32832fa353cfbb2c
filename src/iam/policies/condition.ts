import { spendComparisons } from './comparison-budget.ts';
import { findOperator } from './condition-operators.ts';
import type { Comparison } from './name-glob.ts';
import { MalformedPolicy, type PolicyStatement } from './policy-document.ts';
import { commonNameKey, compileNameTest, hasSubjectNames, subjectNamesKey } from './subject-names.ts';

/** Cost of a test that does not count its own, such as one of dates. */
const leastSteps = 4;

/** Condition keys of a request; keys are normalised. */
export interface ConditionContext {
  /** Undefined where the key is absent. */
  readonly valuesOf: (key: string) => readonly string[] | undefined;
  /** True if the key may have any value: see AccessRequest. */
  readonly isOpen: (key: string) => boolean;
}
export type CompiledCondition = (context: ConditionContext) => boolean;

/** Keys are case-insensitive, except for the tag's own name after the slash. */
export function normaliseConditionKey(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key.toLowerCase() : key.slice(0, slash).toLowerCase() + key.slice(slash);
}

/**
 * Every operator and every key must hold; of a key's values one suffices. Of the names of a certificate an Allow must hold for all,
 * a Deny for any. Throws MalformedPolicy for an unknown operator.
 */
export function compileConditions(
  condition: PolicyStatement['Condition'],
  effect: PolicyStatement['Effect'],
): readonly CompiledCondition[] {
  const compiled: CompiledCondition[] = [];
  for (const [operator, keys] of Object.entries(condition ?? {}))
    for (const [key, values] of Object.entries(keys))
      compiled.push(whereKnown(key, effect, compileCondition(operator, key, values, effect)));
  return compiled;
}

/** Judges a key that may have any value: an Allow fails, and a Deny holds. */
function whereKnown(
  conditionKey: string,
  effect: PolicyStatement['Effect'],
  holds: CompiledCondition,
): CompiledCondition {
  const key = normaliseConditionKey(conditionKey);
  return (context) => (context.isOpen(key) ? effect === 'Deny' : holds(context));
}

function compileCondition(
  operatorName: string,
  conditionKey: string,
  values: readonly string[],
  effect: PolicyStatement['Effect'],
): CompiledCondition {
  const key = normaliseConditionKey(conditionKey);
  const match = /^(?:(ForAllValues|ForAnyValue)[:-])?(\w+?)(IfExists)?$/i.exec(operatorName);
  const [, quantifier, base, ifExists] = match ?? [];
  if (base === undefined) throw unknownOperator(operatorName);
  if (/^(Null|IsNullOrEmpty)$/i.test(base)) return compileNull(base, key, values);

  const operator = findOperator(base);
  if (!operator) throw unknownOperator(operatorName);
  // What excludes names compares generously, what admits them strictly.
  const comparison = (effect === 'Deny') === operator.negated ? 'covers' : 'touches';
  const names = nameTests(key, base, values, comparison);
  if (names === undefined && hasSubjectNames(key))
    throw new MalformedPolicy(`Condition ${operatorName} cannot compare ${key}; use a string operator.`);
  const tests =
    names ??
    values.map((value) => {
      const test = operator.compile(value);
      if (!test)
        throw new MalformedPolicy(`Condition ${operatorName} cannot compare ${key} with "${value}".`);
      return test;
    });
  const isMet = (actual: string) =>
    tests.some((test) => {
      spendComparisons(leastSteps);
      return test(actual);
    });
  const holds = operator.negated ? (actual: string) => !isMet(actual) : isMet;
  const whenAbsent = ifExists !== undefined || operator.negated;
  const isOfNames = hasSubjectNames(key) || key === commonNameKey;
  const allByDefault = isOfNames ? effect === 'Allow' : operator.negated;
  const all = quantifier === undefined ? allByDefault : quantifier.toLowerCase() === 'forallvalues';
  const forAll = quantifier !== undefined && all;

  return (context) => {
    const actual = names === undefined ? context.valuesOf(key) : namesOf(key, context);
    // An empty set satisfies ForAllValues, as in every grammar of this family; ForAnyValue needs a value.
    if (actual === undefined || actual.length === 0)
      return forAll || (quantifier === undefined ? whenAbsent : ifExists !== undefined);
    return all ? actual.every(holds) : actual.some(holds);
  };
}

/**
 * Undefined for a condition that is about no names. What admits common names compares them as the vendor does, by the operator
 * alone; what excludes them is judged over every name of the certificate.
 */
function nameTests(
  key: string,
  operator: string,
  values: readonly string[],
  comparison: Comparison,
): ((name: string) => boolean)[] | undefined {
  if (!hasSubjectNames(key) && !(key === commonNameKey && comparison === 'touches')) return undefined;
  const tests = values.map((value) => compileNameTest(operator, value));
  if (tests.some((test) => test === undefined)) return undefined;
  return tests.map((test) => (name) => test!(name, comparison));
}

function namesOf(key: string, context: ConditionContext): readonly string[] {
  if (key !== commonNameKey) return context.valuesOf(key) ?? [];
  const names = context.valuesOf(subjectNamesKey) ?? [];
  return [...(context.valuesOf(commonNameKey) ?? []).map((name) => `CN:${name}`), ...names];
}

/** `Null: true` holds where the key is absent; IsNullOrEmpty also where it is the empty string. */
function compileNull(base: string, key: string, values: readonly string[]): CompiledCondition {
  const wanted = values[0]?.toLowerCase();
  if (values.length !== 1 || (wanted !== 'true' && wanted !== 'false'))
    throw new MalformedPolicy(`Condition ${base} of ${key} must be "true" or "false".`);
  const emptyCounts = base.toLowerCase() === 'isnullorempty';
  return (context) => {
    const actual = context.valuesOf(key);
    const absent =
      actual === undefined || actual.length === 0 || (emptyCounts && actual.every((value) => value === ''));
    return absent === (wanted === 'true');
  };
}

function unknownOperator(name: string): MalformedPolicy {
  return new MalformedPolicy(`Condition operator ${name} is unknown.`);
}
