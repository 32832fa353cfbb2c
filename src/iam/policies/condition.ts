import { findOperator } from './condition-operators.ts';
import { MalformedPolicy, type PolicyStatement } from './policy-document.ts';

/** Values of a condition key in the request, by normalised key; undefined where the key is absent. */
export type ConditionContext = (key: string) => readonly string[] | undefined;
export type CompiledCondition = (context: ConditionContext) => boolean;

/** Keys are case-insensitive, except for the tag's own name after the slash. */
export function normaliseConditionKey(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key.toLowerCase() : key.slice(0, slash).toLowerCase() + key.slice(slash);
}

/** Every operator and every key must hold; of a key's values one suffices. Throws MalformedPolicy for an unknown operator. */
export function compileConditions(condition: PolicyStatement['Condition']): readonly CompiledCondition[] {
  const compiled: CompiledCondition[] = [];
  for (const [operator, keys] of Object.entries(condition ?? {}))
    for (const [key, values] of Object.entries(keys)) compiled.push(compileCondition(operator, key, values));
  return compiled;
}

function compileCondition(
  operatorName: string,
  conditionKey: string,
  values: readonly string[],
): CompiledCondition {
  const key = normaliseConditionKey(conditionKey);
  const match = /^(?:(ForAllValues|ForAnyValue)[:-])?(\w+?)(IfExists)?$/i.exec(operatorName);
  const [, quantifier, base, ifExists] = match ?? [];
  if (base === undefined) throw unknownOperator(operatorName);
  if (/^(Null|IsNullOrEmpty)$/i.test(base)) return compileNull(base, key, values);

  const operator = findOperator(base);
  if (!operator) throw unknownOperator(operatorName);
  const tests = values.map((value) => {
    const test = operator.compile(value);
    if (!test) throw new MalformedPolicy(`Condition ${operatorName} cannot compare ${key} with "${value}".`);
    return test;
  });
  const holds = operator.negated
    ? (actual: string) => !tests.some((test) => test(actual))
    : (actual: string) => tests.some((test) => test(actual));
  const whenAbsent = ifExists !== undefined || operator.negated;
  const all = quantifier === undefined ? operator.negated : quantifier.toLowerCase() === 'forallvalues';
  const forAll = quantifier !== undefined && all;

  return (context) => {
    const actual = context(key);
    // An empty set satisfies ForAllValues, as in every grammar of this family; ForAnyValue needs a value.
    if (actual === undefined || actual.length === 0)
      return forAll || (quantifier === undefined ? whenAbsent : ifExists !== undefined);
    return all ? actual.every(holds) : actual.some(holds);
  };
}

/** `Null: true` holds where the key is absent; IsNullOrEmpty also where it is the empty string. */
function compileNull(base: string, key: string, values: readonly string[]): CompiledCondition {
  const wanted = values[0]?.toLowerCase();
  if (values.length !== 1 || (wanted !== 'true' && wanted !== 'false'))
    throw new MalformedPolicy(`Condition ${base} of ${key} must be "true" or "false".`);
  const emptyCounts = base.toLowerCase() === 'isnullorempty';
  return (context) => {
    const actual = context(key);
    const absent =
      actual === undefined || actual.length === 0 || (emptyCounts && actual.every((value) => value === ''));
    return absent === (wanted === 'true');
  };
}

function unknownOperator(name: string): MalformedPolicy {
  return new MalformedPolicy(`Condition operator ${name} is unknown.`);
}
