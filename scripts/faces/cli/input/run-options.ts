import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CompanionError, systemCode } from '../../../domain/base/errors.ts';
import { PLACE_HELP, PLACE_NAMES, type PlaceName } from '../../../domain/job/place.ts';
import { LEFTOVERS, type RunSpec } from '../../../domain/job/specs.ts';
import type { Call } from '../command.ts';

/** What `run` is told beside the command: `--stdin`, `--leftovers`, `--scope`. Throws usage errors. */
export function runOptions(call: Call): Omit<RunSpec, 'argv'> {
  const stdin = inputFile(call);
  const leftovers = call.options.oneOf('leftovers', LEFTOVERS);
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(leftovers === undefined ? {} : { leftovers }),
  };
}

/** `--on PLACE`; `--scope` is the older way to say `--on scope`. */
export function placeOption({ options }: Call): PlaceName {
  options.refuseTogether('on', 'scope');
  return options.oneOf('on', PLACE_NAMES) ?? (options.has('scope') ? 'scope' : 'local');
}

/** A line of `run --help` for each place. */
export function placeHelp(): string {
  return PLACE_NAMES.map((name) => `      ${name.padEnd(20)} ${PLACE_HELP[name]}`).join('\n');
}

/** Absolute. Only what is there whole: a pipe's writer may be gone before the job has read it. */
function inputFile(call: Call): string | undefined {
  const name = call.options.text('stdin');
  if (name === undefined || name === '-') return undefined;
  const path = resolve(call.context.cwd, name);
  const problem = problemWith(path);
  // Of /dev/stdin: another process opens it, which has another stdin.
  if (problem === undefined) return realpathSync(path);
  throw new CompanionError('usage', `--stdin ${path} ${problem}. Nothing was started.`, {
    hint: '--stdin takes a file that can be read, relative to --cwd.',
  });
}

function problemWith(path: string): string | undefined {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return 'is a directory';
    if (!stat.isFile() && !stat.isCharacterDevice()) return 'is neither a file nor a device';
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'is not there';
    return code === 'EACCES' ? 'cannot be read by you' : `cannot be read (${code})`;
  }
}
