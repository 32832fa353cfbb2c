/** Flags of a request and the purposes they stand for (reference 4.2.2.2, table 4-208), in the table's order. */
export const purposeOfFlag = {
  server_auth: '1.3.6.1.5.5.7.3.1',
  client_auth: '1.3.6.1.5.5.7.3.2',
  code_signing: '1.3.6.1.5.5.7.3.3',
  email_protection: '1.3.6.1.5.5.7.3.4',
  time_stamping: '1.3.6.1.5.5.7.3.8',
  smart_card_logon: '1.3.6.1.4.1.311.20.2.2',
} as const;

export type PurposeFlag = keyof typeof purposeOfFlag;

/** Object identifiers of the purposes whose flag is true. */
export function extendedKeyUsages(flags: Partial<Record<PurposeFlag, boolean | null>>): string[] {
  return Object.entries(purposeOfFlag)
    .filter(([flag]) => flags[flag as PurposeFlag] === true)
    .map(([, purpose]) => purpose);
}

/** RFC 3161 §2.3: a time-stamping key serves nothing else, and says so in a critical extension. */
export function extendedKeyUsageIsCritical(purposes: readonly string[]): boolean {
  return purposes.length === 1 && purposes[0] === purposeOfFlag.time_stamping;
}
