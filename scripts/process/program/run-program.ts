import { basename, isAbsolute } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Environment, withPathsFrom } from '../environment.ts';
import { programOnPath, trustedPath } from '../search-path.ts';
import { signalGroupOf } from '../signal.ts';
import { directoryOrRoot } from '../spawn.ts';
import { processTable } from '../table.ts';

/** How another program is asked. */
export interface Question {
  /** What the program gets, and nothing else, with PATH cut down to what is trusted. */
  environment: Environment;
  /** canonical root of the workspace that we are asked from: no program in it is run. Null where there is none. */
  workspace: string | null;
  /** the program's directory; without it the workspace, where its shims find which version is meant. Where that is gone: `/` */
  cwd?: string;
  /** milliseconds until it is ended, with what it has started: by TERM, after a second by KILL */
  limitMs: number;
  /** of each of stdout and stderr, in characters; 16 Mi. What prints more is ended. */
  mostCharacters?: number;
  /** for stdin, which else is /dev/null */
  input?: string;
}

/** Why there is no answer: `missing`, it cannot be started; `failed`, its own exit or a signal; else what it exceeded. */
type Cause = 'missing' | 'failed' | 'time' | 'output';

export type Answer =
  | { succeeded: true; stdout: string; stderr: string }
  | {
      succeeded: false;
      cause: Cause;
      /** where it exited by itself */
      status: number | null;
      stdout: string;
      stderr: string;
      /** the command, what became of it, and its last words; ends with no full stop */
      sentence: string;
    };

const MOST_CHARACTERS = 16 * 1024 * 1024;
const FORCE_MS = 1_000;
/** What the program has left in the background may hold our pipe for ever; its own words are in it by then. */
const PIPE_MS = 250;
const LAST_WORDS = 500;

/**
 * Asks another program and waits for its end: no shell, no terminal (it is in a session of its own), bounded in time and
 * output. Its failure is a value. `program` is a name, looked for on the trusted PATH, or an absolute path. execa is
 * loaded only here, see docs/decisions/014-execa.md.
 */
export async function runProgram(program: string, args: string[], question: Question): Promise<Answer> {
  const { environment, workspace, limitMs, input } = question;
  const shown = [basename(program), ...args].join(' ');
  const command = shown.length > 80 ? `${shown.slice(0, 79)}…` : shown;
  const file = isAbsolute(program) ? program : programOnPath(environment, program, workspace);
  if (file === undefined) return notFound(program, command, question);
  const { execa } = await import('execa');
  const child = execa(file, args, {
    cwd: question.cwd ?? directoryOrRoot(workspace),
    env: { ...withPathsFrom(process.cwd, environment), PATH: trustedPath(environment, workspace) },
    extendEnv: false,
    detached: true,
    cleanup: false,
    timeout: limitMs,
    forceKillAfterDelay: FORCE_MS,
    maxBuffer: question.mostCharacters ?? MOST_CHARACTERS,
    reject: false,
    verbose: 'none',
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  // Else execa would wait for whoever holds them, beyond the limit, too.
  child.once('exit', () => {
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, PIPE_MS).unref();
  });
  const ran = await child;
  // It has ended the program itself, and nothing else.
  if ((ran.timedOut || ran.isMaxBuffer) && child.pid !== undefined) await endGroup(child.pid);
  const { stdout = '', stderr = '', exitCode: status = null } = ran;
  const failure = failureOf(ran, limitMs);
  if (failure === null) return { succeeded: true, stdout, stderr };
  const { cause, what } = failure;
  const words = cause === 'missing' ? '' : lastWords(stderr) || lastWords(stdout);
  const sentence = `\`${command}\` ${what}${words && `: ${words}`}`;
  return { succeeded: false, cause, status, stdout, stderr, sentence };
}

interface Ended {
  exitCode?: number | undefined;
  signal?: string | undefined;
  timedOut: boolean;
  isMaxBuffer: boolean;
  originalMessage?: string | undefined;
}

function failureOf(ran: Ended, limitMs: number): { cause: Cause; what: string } | null {
  if (ran.timedOut) return { cause: 'time', what: `gave no answer within ${limitMs / 1000} s` };
  if (ran.isMaxBuffer) return { cause: 'output', what: 'printed more than it may' };
  if (ran.exitCode === 0) return null;
  if (ran.exitCode !== undefined) return { cause: 'failed', what: `exited with status ${ran.exitCode}` };
  if (ran.signal !== undefined) return { cause: 'failed', what: `was ended by ${ran.signal}` };
  return { cause: 'missing', what: `cannot be run: ${ran.originalMessage}` };
}

function notFound(program: string, command: string, { workspace }: Question): Answer {
  const where = workspace === null ? '' : ` outside ${workspace}`;
  const sentence = `\`${command}\` cannot be run: there is no ${program} on PATH${where}`;
  return { succeeded: false, cause: 'missing', status: null, stdout: '', stderr: '', sentence };
}

function lastWords(text: string): string {
  return text
    .trim()
    .slice(-LAST_WORDS)
    .replace(/\s*\n\s*/g, ' · ');
}

/** Ends what is left of the group that the program began: by TERM, and by KILL what does not go by that. */
async function endGroup(leader: number): Promise<void> {
  const member = () => [...processTable().values()].find(({ group }) => group === leader);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const due = performance.now() + FORCE_MS;
    for (let left = member(); left; left = member()) {
      if (performance.now() >= due) break;
      signalGroupOf(left, signal);
      await delay(50);
    }
  }
}
