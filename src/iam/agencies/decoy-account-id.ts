import { createHmac } from 'node:crypto';
import { insertSettingIfAbsent, readSetting } from '../../platform/db/index.ts';
import type { IamContext } from '../context.ts';

const settingName = 'iam-decoy-key';

/**
 * What is stored and shown as the id of an account that does not exist: the same for a name whenever it is asked for, and like a real
 * one, so that whoever names accounts does not learn which there are.
 */
export async function decoyAccountId(iam: IamContext, accountName: string): Promise<string> {
  const key = (await readSetting(iam.database, settingName)) ?? (await makeKey(iam));
  return createHmac('sha256', Buffer.from(key, 'hex')).update(accountName).digest('hex').slice(0, 32);
}

async function makeKey(iam: IamContext): Promise<string> {
  const made = Buffer.from(iam.random.bytes(32)).toString('hex');
  await iam.database.transaction((transaction) => insertSettingIfAbsent(transaction, settingName, made));
  return (await readSetting(iam.database, settingName)) ?? made;
}
