import { constants } from 'node:os';
import { CompanionError } from '../../../domain/base/errors.ts';
import { echoed } from '../../../domain/text/harmless.ts';
import type { Options } from './options.ts';

/** They end nobody: after one of these a job would wait for nothing until KILL. */
const ENDS_NOBODY = new Set(['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGCONT']);

/** `--signal INT`, `sigint`, `2`: the signal that asks a job to end. */
export function endingSignal(options: Options): NodeJS.Signals | undefined {
  const text = options.text('signal');
  if (text === undefined) return undefined;
  const upper = text.toUpperCase();
  const wanted = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const found = Object.entries(constants.signals).find(
    ([name, number]) => name === wanted || String(number) === text,
  )?.[0] as NodeJS.Signals | undefined;
  if (!found)
    throw new CompanionError('usage', `--signal ${echoed(text)} is no signal of this system.`, {
      hint: '--signal INT, --signal SIGQUIT or --signal 15',
    });
  if (ENDS_NOBODY.has(found))
    throw new CompanionError('usage', `${found} does not end a job.`, {
      hint: 'codex-companion pause JOB stops it for a while; resume JOB lets it go on.',
    });
  return found;
}
