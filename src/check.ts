import { verifyAccessKeys } from './iam/index.ts';
import { createSecretWrapper, type MasterKey, verifyStoredKeys } from './kms/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/db/index.ts';
import type { Random } from './platform/random.ts';
import type { Verification } from './platform/verification.ts';
import { verifyAuthorities } from './private-ca/index.ts';

interface CheckPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly masterKey: MasterKey;
}

export interface CheckReport {
  readonly isSound: boolean;
  /** One line for each subject, then one for each problem. */
  readonly text: string;
}

/** Reads the whole database, opens every key in it and verifies every CA. */
export async function checkInstallation(ports: CheckPorts): Promise<CheckReport> {
  const { database } = ports;
  const integrity = await database.checkIntegrity();
  if (integrity.length > 0) return report([{ subject: 'database', checked: 1, problems: integrity }]);
  return report([
    { subject: 'database', checked: 1, problems: [] },
    ...(await verifyStoredKeys(ports)),
    await verifyAccessKeys(database, createSecretWrapper(ports)),
    await verifyAuthorities(database),
  ]);
}

function report(verifications: readonly Verification[]): CheckReport {
  const problems = verifications.flatMap((each) => each.problems);
  const lines = verifications.map(
    ({ subject, checked, problems: { length } }) =>
      `${subject}: ${checked} checked, ${length === 0 ? 'all sound' : `${length} wrong`}`,
  );
  return { isSound: problems.length === 0, text: [...lines, ...problems, ''].join('\n') };
}
