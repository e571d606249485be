import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import type { Environment } from '../../process/environment.ts';
import { requireUtf8 } from '../../process/own-bytes.ts';
import { thisPlatform } from '../../process/platform/this-platform.ts';
import { makeContext } from '../../use-cases/context.ts';
import type { Call, Command } from './command.ts';
import { EXIT_DONE, EXIT_OUTPUT_CLOSED } from './exit-codes.ts';
import type { Parsed } from './input/arguments.ts';
import { Options } from './input/options.ts';
import { type Output, OutputClosed } from './output.ts';
import { tellError } from './tell-error.ts';

/** A verb, how it gets what was given to it, and where its answer goes. */
interface Performance extends Pick<Call, 'verb' | 'out' | 'origin' | 'program'> {
  command: Command;
  parse: () => Parsed;
  environment: Environment;
  /** where it is done unless --cwd says otherwise */
  directory?: string;
}

/** Does what a verb is asked for, or tells what is wrong; returns the exit status. */
export async function perform(performance: Performance): Promise<number> {
  const { command, verb, parse, out, environment, origin, program, directory } = performance;
  return orTold(out, async () => {
    const { options: given, words, prose, command: argv, inOnePiece } = parse();
    const options = new Options(given);
    if (options.has('help')) {
      await showHelp(command.help, out);
      return EXIT_DONE;
    }
    thisPlatform(); // refuses a system as a whole; help and version are there all the same
    requireUtf8([...words, ...options.texts], 'An argument');
    const context = makeContext(environment, directoryOf(options.text('cwd') ?? directory), dirname(program));
    const made: Call = {
      ...{ verb, options, words, inOnePiece, prose, command: argv },
      ...{ out, context, origin, program },
    };
    const status = await command.run(made);
    return out.slash ? EXIT_DONE : status;
  });
}

export async function showHelp(help: string, out: Output): Promise<void> {
  const { fittedHelp } = await import('./help/fitted-help.ts');
  out.data(fittedHelp(help, out.terminalWidth));
}

export async function orTold(out: Output, act: () => Promise<number>): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof OutputClosed)) return tellError(error, out);
    if (error.code !== 'EPIPE') out.talk(`codex-companion: ${error.message}`);
    return out.slash ? EXIT_DONE : EXIT_OUTPUT_CLOSED;
  }
}

function directoryOf(option: string | undefined): string {
  const directory = option !== undefined && isAbsolute(option) ? option : belowCurrent(option ?? '.');
  try {
    return realpathSync(directory);
  } catch {
    if (directory.includes('\uFFFD'))
      throw new CompanionError('usage', `The directory's name is not UTF-8 text: ${directory}`, {
        hint: 'Call it from there by another name, or with --cwd: a link to it will do.',
      });
    return directory; // makeContext says what is wrong with it
  }
}

function belowCurrent(path: string): string {
  try {
    return resolve(process.cwd(), path);
  } catch (error) {
    throw new CompanionError('usage', `The working directory is gone (${systemCode(error)}).`, {
      hint: 'Name an existing directory with --cwd DIR.',
      cause: error,
    });
  }
}
