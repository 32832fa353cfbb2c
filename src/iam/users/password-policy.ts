import { badRequest } from '../errors.ts';

export type PasswordStrength = 'Low' | 'Middle' | 'Strong';

const minimumLength = 8;
const maximumLength = 128;

/** The vendor's default rules; throws 400 naming the rule that is broken. Answers how strong an acceptable password is. */
export function checkPassword(password: string, userName: string): PasswordStrength {
  const refuse = (rule: string) => badRequest(`password ${rule}.`);
  const characters = [...password].length;
  if (characters < minimumLength || characters > maximumLength)
    throw refuse(`must have ${minimumLength} to ${maximumLength} characters`);
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u].filter((kind) =>
    kind.test(password),
  ).length;
  if (kinds < 2)
    throw refuse(
      'must contain at least two of lower-case letters, upper-case letters, digits and special characters',
    );
  const folded = password.toLowerCase();
  const name = userName.toLowerCase();
  if (folded === name || folded === [...name].reverse().join(''))
    throw refuse('must not be the user name, forwards or backwards');
  if (/(.)\1\1\1/u.test(password)) throw refuse('must not repeat a character more than three times in a row');
  if (kinds === 4 && characters >= 12) return 'Strong';
  return kinds >= 3 ? 'Middle' : 'Low';
}
