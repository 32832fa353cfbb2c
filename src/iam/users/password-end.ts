import type { PasswordPolicy } from '../security-policies/policies.ts';
import type { UserTable } from '../tables.ts';

const dayMs = 24 * 60 * 60_000;

/** When the password has to be changed, in milliseconds since 1970; undefined for never. */
export function passwordEndMs(
  { password_changed_at: changedAt }: UserTable,
  { validityDays }: PasswordPolicy,
): number | undefined {
  return changedAt === null || validityDays === 0 ? undefined : changedAt + validityDays * dayMs;
}
