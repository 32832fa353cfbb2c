import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

/** Runs an operator's command on a data folder. Rejects with `code` and `stderr` where it ends with another code than 0. */
export function runCommand(
  dataDir: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return execute(process.execPath, ['src/command.ts', ...words], {
    cwd: projectFolder,
    env: { PATH: process.env.PATH, OPENCCM_DATA_DIR: dataDir, OPENCCM_LOG_LEVEL: 'silent', ...env },
  });
}
