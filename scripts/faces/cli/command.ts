import type { Origin } from '../../domain/job/job.ts';
import type { Context } from '../../use-cases/context.ts';
import type { Offered, OptionTable, Rest } from './input/grammar.ts';
import type { Options } from './input/options.ts';
import type { Output } from './output.ts';

/** One call of one verb, its arguments parsed and its directory known to exist. */
export interface Call {
  verb: string;
  options: Options;
  words: string[];
  /** they came as one argument, and may be one name with spaces in it */
  inOnePiece: boolean;
  prose: string | undefined;
  command: string[] | undefined;
  out: Output;
  context: Context;
  /** who calls; looked up when it is asked for */
  origin(): Origin | null;
  /** this program's file, for starting it again */
  program: string;
}

/** A verb: what it takes, its help, and what it does. Returns the exit status. */
export interface Command {
  options: OptionTable;
  rest: Rest;
  /** what a shell offers for its words */
  words?: Offered;
  help: string;
  /** an empty word is an error, and not as if there were none: what it does cannot be taken back */
  refusesEmpty?: true;
  run(call: Call): Promise<number>;
}
