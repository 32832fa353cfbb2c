import { badRequest } from '../errors.ts';
import {
  defaultPasswordPolicy,
  maximumPasswordLength,
  type PasswordPolicy,
} from '../security-policies/policies.ts';

const inWords: Readonly<Record<number, string>> = { 2: 'two', 3: 'three', 4: 'all four' };

export type PasswordStrength = 'Low' | 'Middle' | 'Strong';

/** Throws 400 naming the account's rule that is broken. Answers how strong an acceptable password is. */
export function checkPassword(
  password: string,
  userName: string,
  policy: PasswordPolicy = defaultPasswordPolicy,
): PasswordStrength {
  const refuse = (rule: string) => badRequest(`password ${rule}.`);
  const characters = [...password].length;
  if (characters < policy.minimumLength || characters > maximumPasswordLength)
    throw refuse(`must have ${policy.minimumLength} to ${maximumPasswordLength} characters`);
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u].filter((kind) =>
    kind.test(password),
  ).length;
  if (kinds < policy.characterKinds)
    throw refuse(
      `must contain at least ${inWords[policy.characterKinds]} of lower-case letters, upper-case letters, digits and special characters`,
    );
  const folded = password.toLowerCase();
  const name = userName.toLowerCase();
  if (policy.refusesUserName && (folded === name || folded === [...name].reverse().join('')))
    throw refuse('must not be the user name, forwards or backwards');
  if (policy.maximumRun > 0 && longestRun(password) > policy.maximumRun)
    throw refuse(`must not repeat a character more than ${policy.maximumRun} times in a row`);
  if (kinds === 4 && characters >= 12) return 'Strong';
  return kinds >= 3 ? 'Middle' : 'Low';
}

function longestRun(text: string): number {
  let longest = 0;
  let run = 0;
  let previous: string | undefined;
  for (const character of text) {
    run = character === previous ? run + 1 : 1;
    longest = Math.max(longest, run);
    previous = character;
  }
  return longest;
}
