import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CompanionError } from '../../domain/base/errors.ts';
import { quoted } from '../../domain/shell/quote.ts';
import { type Environment, withoutRepository } from '../environment.ts';
import { endlessAround, endlessBelow, isEndless } from './endless-files.ts';
import { type Answer, runProgram } from './run-program.ts';

/** Where git is asked. */
export interface GitPlace {
  cwd: string;
  environment: Environment;
  /** its canonical root, whose own programs are not run */
  workspace: string;
  /** so long each question may take, for what is worth no more; without it as long as a large repository needs */
  limitMs?: number;
}

export interface Git {
  /** stdout less the line feed at its end. Throws a `usage` error in git's own words where git exits with another status than 0. */
  tell(...args: string[]): Promise<string>;
  /** the same, or undefined where git exits with another status than 0 */
  tellIfAny(...args: string[]): Promise<string | undefined>;
}

/** A repository of gigabytes on a cold disk takes its time. */
const LIMIT_MS = 120_000;
/** After so long we look whether it waits for what has no end. Milliseconds. */
const PATIENCE_MS = 5_000;
const MOST_CHARACTERS = 64 * 1024 * 1024;

/**
 * The one way in which git is asked. It looks at the repository that lies at `cwd`, whatever a hook's variables say, runs no
 * program that the repository's own configuration names (fsmonitor, hooks, filters, transports of a lazy fetch), reads no file
 * that it names (which may never end), takes no
 * lock that the user's own git would have to wait for, and asks nobody anything. A repository in which a file that git reads
 * is none, but a FIFO or a device, is refused. Diffs need `NO_DRIVERS` besides. Of git
 * before 2.31 filters are not kept from running.
 */
export async function gitAt(place: GitPlace): Promise<Git> {
  if (!existsSync(place.cwd)) throw refused(`There is no directory ${place.cwd}.`, '--cwd DIR');
  refuseEndless(endlessAround(place.cwd, place.workspace));
  const overruled = await overruledIn(place);
  const tellIfAny = async (...args: string[]) => {
    const answer = await ask(place, args, overruled);
    if (answer.succeeded) return answer.stdout.replace(/\n$/, '');
    if (answer.cause === 'failed') return undefined;
    throw await refusal(place, answer);
  };
  const tell = async (...args: string[]) => {
    const answer = await ask(place, args, overruled);
    if (answer.succeeded) return answer.stdout.replace(/\n$/, '');
    throw await refusal(place, answer);
  };
  return { tell, tellIfAny };
}

/** For `git diff`: a repository's configuration names programs for both, and submodules have a configuration of their own. */
export const NO_DRIVERS = ['--no-ext-diff', '--no-textconv', '--ignore-submodules=dirty'];

type Failure = Extract<Answer, { succeeded: false }>;

/** The refusal in git's own words; what git advises to type is the hint. */
async function refusal(place: GitPlace, answer: Failure): Promise<CompanionError> {
  const { cwd } = place;
  const look = `git -C ${quoted(cwd)} status`;
  if (answer.cause === 'missing') return refused(`${answer.sentence}.`, 'Install git, or pass --cwd DIR');
  if (answer.cause !== 'failed') return refused(`${answer.sentence}.`, look);
  const said = answer.stderr.trim() || answer.sentence;
  const [first = ''] = said.split('\n');
  const advice = /^\s+(git .+)$/m.exec(said)?.[1];
  if (!isBelowGit(cwd) && !(await ask(place, ['rev-parse', '--git-dir'])).succeeded)
    return refused(`${cwd} is not in a Git repository: ${first}`, 'git init, or --cwd DIR');
  return refused(`git refuses ${cwd}: ${first}`, advice ?? look);
}

function refused(message: string, hint: string): CompanionError {
  return new CompanionError('usage', message, { hint });
}

/** Whatever it is: git may have its reasons against it, which are more to the point than the advice to make a new one. */
function isBelowGit(cwd: string): boolean {
  for (let up = resolve(cwd); ; up = dirname(up)) {
    if (isAnything(join(up, '.git'))) return true;
    if (up === dirname(up)) return false;
  }
}

/** An empty directory is nothing, to git as well. */
function isAnything(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat !== undefined;
  try {
    return readdirSync(path).length > 0;
  } catch {
    return true; // not ours to read
  }
}

const OPTIONS = ['--no-optional-locks', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];

/** Once more, and with all of the time, where it has taken long for no reason that we know. */
async function ask(place: GitPlace, args: string[], overruled: string[] = []): Promise<Answer> {
  const first = await askFor(place.limitMs ?? PATIENCE_MS, place, args, overruled);
  if (first.succeeded || first.cause !== 'time' || place.limitMs !== undefined) return first;
  refuseEndless(endlessBelow(place.workspace) ?? (await endlessExcludes(place)));
  return askFor(LIMIT_MS, place, args, overruled);
}

function askFor(limitMs: number, place: GitPlace, args: string[], overruled: string[]): Promise<Answer> {
  return runProgram('git', [...OPTIONS, ...args], {
    environment: gitEnvironment(place.environment, overruled),
    workspace: place.workspace,
    cwd: place.cwd,
    limitMs,
    mostCharacters: MOST_CHARACTERS,
  });
}

function refuseEndless(file: string | undefined): void {
  if (file === undefined) return;
  throw refused(
    `git would read ${file} for ever: it is no file, but a FIFO, a socket or a device.`,
    `rm ${quoted(file)}`,
  );
}

/** What a setting names, and in a linked worktree, whose repository lies elsewhere, what is asked for by git's own word. */
async function endlessExcludes(place: GitPlace): Promise<string | undefined> {
  const questions = [
    ['config', '--type=path', '--get', 'core.excludesFile'],
    ['rev-parse', '--git-path', 'info/exclude'],
    ['rev-parse', '--git-path', 'info/attributes'],
  ];
  for (const question of questions) {
    const { succeeded, stdout } = await askFor(PATIENCE_MS, place, question, []);
    const file = resolve(place.cwd, stdout.replace(/\n$/, ''));
    if (succeeded && isEndless(file)) return file;
  }
  return undefined;
}

/** `overruled`: names of settings that are to name nothing. */
function gitEnvironment(environment: Environment, overruled: string[]): Environment {
  const kept = withoutRepository(environment);
  const before = Number(kept.GIT_CONFIG_COUNT ?? 0) || 0;
  const settings = overruled.flatMap((name, index) => [
    [`GIT_CONFIG_KEY_${before + index}`, name],
    [`GIT_CONFIG_VALUE_${before + index}`, NAMES_A_FILE.test(name) ? '/dev/null' : ''],
  ]);
  return {
    ...Object.fromEntries(Object.entries(kept).filter(([name]) => !/^GIT_(TRACE|EXTERNAL_DIFF)/.test(name))),
    ...Object.fromEntries(settings),
    GIT_CONFIG_COUNT: String(before + overruled.length),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
  };
}

const NAMES_A_FILE = /^(?:diff\.orderfile|core\.attributesfile)$/i;
const NAMES_A_FILTER = /^filter\..*\.(clean|smudge|process|required)$/;

/**
 * The settings by which the repository itself names filters, which `status` and `diff` would run, and files, which they would
 * read: /dev/zero has no end. The user's own stay, and so does what keeps files out of a review (core.excludesFile).
 */
async function overruledIn(place: GitPlace): Promise<string[]> {
  const pattern = `${NAMES_A_FILTER.source}|^diff\\.orderfile$|^core\\.attributesfile$`;
  const listed = await ask(place, ['config', '--show-scope', '-z', '--name-only', '--get-regexp', pattern]);
  if (listed.succeeded || listed.cause === 'failed') {
    const words = listed.stdout.split('\0');
    return words.filter((_, index) => ['local', 'worktree'].includes(words[index - 1] ?? ''));
  }
  throw await refusal(place, listed);
}
