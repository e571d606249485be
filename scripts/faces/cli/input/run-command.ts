import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CompanionError } from '../../../domain/base/errors.ts';
import type { PlaceName } from '../../../domain/job/place.ts';
import { type BackgroundReading, readBackground } from '../../../domain/shell/background.ts';
import { shellMatter } from '../../../domain/shell/command-words.ts';
import { quoted, typed } from '../../../domain/shell/quote.ts';
import { echoed } from '../../../domain/text/harmless.ts';
import { PLACES } from '../../../places/places.ts';
import { argumentsAreUtf8 } from '../../../process/own-bytes.ts';
import { findProgram } from '../../../process/search-path.ts';
import { shellForTexts } from '../../../process/shell.ts';
import type { Call } from '../command.ts';
import { lineToType } from './grammar.ts';

export interface RunCommand {
  argv: string[];
  /** for people: pasted into a shell, it is the command again */
  shown: string;
  shell?: ShellText;
}

/** A text for a shell, and what was understood of it. */
export interface ShellText {
  program: string;
  reading: BackgroundReading;
}

/** What `run` is to run. Throws a usage error, or `program-missing`, for what could only fail a moment later. */
export function commandOf(call: Call, place: PlaceName): RunCommand {
  const shell = call.options.text('shell');
  const { command } = call;
  if (shell !== undefined && command !== undefined)
    throw new CompanionError('usage', 'A command came both with --shell and as words.', {
      hint: 'Give one of them.',
    });
  if (shell !== undefined) {
    const { environment, layout } = call.context;
    const program = shellForTexts(environment, layout.workspaceRoot);
    const reading = readBackground(shell);
    const { text, shown } = reading.starts === 'yes' ? reading.promotion : { text: shell, shown: shell };
    return { argv: [program, '-c', text], shown, shell: { program, reading } };
  }
  const [program = ''] = command ?? [];
  if (command === undefined || program === '')
    throw new CompanionError('usage', 'There is no command to run.', {
      hint: 'codex-companion run -- npm test',
    });
  if (command.some((word) => word.includes('\uFFFD')) && !argumentsAreUtf8())
    throw new CompanionError('usage', 'The command’s arguments are not UTF-8 text.', {
      hint: 'Put the command into a script and run that.',
    });
  refuseShellMatter(call, command);
  if (PLACES[place].isHere) refuseMissing(call, program);
  return { argv: command, shown: typed(command) };
}

/** In a shell the `&&` behind our own command line is not ours to see, so all of it has to stand in the quotes. */
function refuseShellMatter(call: Call, command: string[]): void {
  const matter = shellMatter(command, (name) => isThere(call, name));
  if (!matter) return;
  throw new CompanionError('usage', `${matter.why} Nothing was started.`, {
    hint: lineToType(call.verb, call.options.given, `--shell ${quoted(matter.text)}`),
  });
}

/** A path may be made until the job begins, or lead to where only the job can look. */
function refuseMissing(call: Call, program: string): void {
  if (program.includes('/') || isThere(call, program)) return;
  throw new CompanionError('program-missing', `${echoed(program)}: command not found. Nothing was started.`, {
    hint: 'It is looked for on PATH; give its path, or put its directory there.',
  });
}

/** Also one that cannot be executed: the job says why. */
function isThere(call: Call, name: string): boolean {
  const { environment, cwd } = call.context;
  if (name.includes('/')) return existsSync(resolve(cwd, name));
  return environment.PATH === undefined || findProgram(environment.PATH, cwd, name) !== undefined;
}
