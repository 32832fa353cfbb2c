import { execFile } from 'node:child_process';

/** Nothing of this program's environment is passed on: it may name secrets. */
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
const longestOutputBytes = 256 * 1024;
const longestReason = 160;

/**
 * Runs a program without a shell and kills it when the time is over. Throws Error with the program's last words if it does not end
 * with 0.
 */
export function runCommand([program = '', ...args]: readonly string[], timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      env,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: longestOutputBytes,
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return resolve();
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-2).join(' ').slice(-longestReason);
      const reason = error.killed ? `did not end within ${timeoutMs / 1_000} seconds` : said || error.message;
      reject(new Error(`${program}: ${reason}`, { cause: error }));
    });
  });
}
