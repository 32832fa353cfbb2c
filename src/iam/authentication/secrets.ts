import { hash } from 'node:crypto';
import type { Random } from '../../platform/random.ts';

const upperCase = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const lowerCase = 'abcdefghijklmnopqrstuvwxyz';
const alphanumeric = `${upperCase}${lowerCase}0123456789`;

/** 384 bits as 64 URL-safe characters. */
export function newToken(random: Random): string {
  return Buffer.from(random.bytes(48)).toString('base64url');
}

/** What is stored and looked up in a token's place. A fast hash will do: tokens cannot be guessed. */
export function hashToken(token: string): string {
  return hash('sha256', token);
}

/** 20 characters, as the vendor's; those of temporary keys begin with HST. */
export function newAccessKeyId(random: Random, lifetime: 'permanent' | 'temporary'): string {
  const prefix = lifetime === 'temporary' ? 'HST' : '';
  return prefix + randomText(random, `${upperCase}0123456789`, 20 - prefix.length);
}

/** 40 characters, 238 bits. */
export function newSecretKey(random: Random): string {
  return randomText(random, alphanumeric, 40);
}

/** A password that satisfies the rules: every kind of character is in it, and none stands four times in a row. */
export function newPassword(random: Random): string {
  const password = [
    randomText(random, alphanumeric, 20),
    '-',
    randomText(random, '0123456789', 2),
    randomText(random, lowerCase, 1),
    randomText(random, upperCase, 1),
  ].join('');
  return /(.)\1\1\1/.test(password) ? newPassword(random) : password;
}

function randomText(random: Random, alphabet: string, length: number): string {
  // Bytes above the largest multiple of the alphabet's size would prefer its first characters.
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length)
    for (const byte of random.bytes(length))
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length];
  return text;
}
