/**
 * The process that talks to the token. It is one of its own, not a thread: a vendor's library that hangs can be killed here and
 * one that crashes takes nothing with it, and a lost connection is made anew by starting again.
 */
import { asFailure, loadBinding } from './cryptoki.ts';
import type { FromProcess, Opening, ToProcess } from './messages.ts';
import { Operations } from './operations.ts';
import { Sessions } from './sessions.ts';

let sessions: Sessions | undefined;
let operations: Operations | undefined;

function tell(message: FromProcess, afterwards?: () => void): void {
  process.send?.(message, undefined, undefined, () => afterwards?.());
}

/** Ends the sessions too; a token counts those of programs that went away. */
function end(): void {
  try {
    sessions?.library.C_Finalize();
  } finally {
    process.exit(0);
  }
}

function openToken(opening: Opening): void {
  try {
    sessions = new Sessions(loadBinding(), opening);
    operations = new Operations(sessions);
    tell({ kind: 'opened' });
  } catch (error) {
    tell({ kind: 'not-opened', failure: asFailure(error, 'opening the token') }, end);
  }
}

async function run({ id, operation }: Extract<ToProcess, { kind: 'run' }>): Promise<void> {
  try {
    if (!operations) throw new Error('the token is not open');
    tell({ kind: 'done', id, result: await operations.run(operation) });
  } catch (error) {
    const failure = asFailure(error, operation.kind);
    tell({ kind: 'failed', id, failure }, failure.kind === 'unavailable' ? end : undefined);
  }
}

process.on('message', (message: ToProcess) => {
  if (message.kind === 'open') openToken(message.opening);
  else void run(message);
});
process.on('disconnect', end);
