import { type Credentials, type ReachableServer, signIn } from './api-client.ts';
import type { Bootstrap } from './server.ts';

/** Opens a further account as the operator; resolves with what its root user signs in with. */
export async function openAccount(server: ReachableServer, accountName: string): Promise<Credentials> {
  const operator = await signIn(server);
  const projectName = server.bootstrap.project_name;
  const body = { account_name: accountName, project_name: projectName };
  const created = await operator.call<Bootstrap>('POST', '/v1/accounts', body);
  operator.close();
  return { accountName, projectName, userName: created.user_name, password: created.password };
}
