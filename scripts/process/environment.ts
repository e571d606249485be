import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { CompanionError } from '../domain/base/errors.ts';
import { HOST_NAMES, HOST_TRAITS } from '../domain/base/hosts.ts';
import { echo } from '../domain/text/harmless.ts';
import { SYSTEM } from './platform/this-platform.ts';

/** The environment of this process, as values are looked up in it. Nothing else reads `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function readEnvironment(): Environment {
  return process.env;
}

/** Marks every process of a job; children that left its group and session still carry it. */
export const COOKIE_VARIABLE = 'CODEX_COMPANION_JOB';

/** Marks processes of ours that serve no single job: they are no part of a job that happened to start them. */
export const SHARED_VARIABLE = 'CODEX_COMPANION_SHARED';

/**
 * Where a worker is told the directory of its job: not in its arguments, where `pkill -f` and other users would find the
 * workspace's name. Nothing that it starts inherits it.
 */
export const DIRECTORY_VARIABLE = 'CODEX_COMPANION_JOB_DIRECTORY';

/** What a worker of ours was told by that; taken, so that nobody is told it again. */
export function takeJobDirectory(): string | undefined {
  const directory = process.env[DIRECTORY_VARIABLE];
  delete process.env[DIRECTORY_VARIABLE];
  return directory;
}

/** Belongs to a plugin or to the host's own process, and would mislead a job that outlives it. */
const HOST_ONLY = [...ofHosts('plugin'), /^CODEX_COMPANION_(SHARED|JOB_DIRECTORY)$/];

/** What the hosts say of one session; some agents say besides who they are. */
const OF_A_SESSION = [...ofHosts('session'), /^AI_AGENT$/];

/**
 * By these git tells its own children (hooks, aliases) which repository, index and work tree are meant: `git rev-parse
 * --local-env-vars` of 2.39, the quarantine of a push, and the prefix of a submodule. What is meant to look at the directory
 * that it is told must not follow them. The user's own settings in GIT_CONFIG_COUNT stay.
 */
const REPOSITORY =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|INTERNAL_SUPER_PREFIX|IMPLICIT_WORK_TREE|GRAFT_FILE|SHALLOW_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS|CONFIG|CONFIG_PARAMETERS|QUARANTINE_PATH)$/;

export function withoutRepository(environment: Environment): Record<string, string> {
  return without(environment, [REPOSITORY]);
}

/** What differs between callers of one app-server; each thread gets its caller's own. */
const CALLER_ONLY = [
  ...HOST_ONLY,
  ...OF_A_SESSION,
  ...ofHosts('caller'),
  /^CODEX_COMPANION_(JOB|SESSION_ID|TRANSCRIPT_PATH|CALLER_NODE_OPTIONS)$/,
  /^(VIRTUAL_ENV|CONDA_PREFIX|PWD|OLDPWD|SHLVL|_|INIT_CWD)$/,
  /^(npm|NODE)_/,
  REPOSITORY,
];

const OUTER_THREAD = [...HOST_TRAITS.codex.variables.session, /^_$/];

function ofHosts(reach: 'plugin' | 'session' | 'caller'): RegExp[] {
  return HOST_NAMES.flatMap((host) => HOST_TRAITS[host].variables[reach]);
}

function without(environment: Environment, patterns: readonly RegExp[]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !patterns.some((pattern) => pattern.test(name))) kept[name] = value;
  }
  return kept;
}

/** The caller's environment as a job gets it: all of it, less what belongs to the plugin or the host's session alone. */
export function jobEnvironment(environment: Environment, jobId: string): Record<string, string> {
  return { ...withCallersOptions(without(environment, HOST_ONLY)), [COOKIE_VARIABLE]: jobId };
}

/** Where our own programs keep what the caller has as NODE_OPTIONS; bin/codex-companion puts it there, too. */
const NODE_OPTIONS_OF_CALLER = 'CODEX_COMPANION_CALLER_NODE_OPTIONS';

/** For a node program of ours: what the caller preloads into its own would print into our answer, or break our start. */
export function ownEnvironment(environment: Environment): Record<string, string> {
  const { NODE_OPTIONS: options, ...rest } = without(environment, []);
  return options === undefined ? rest : { ...rest, [NODE_OPTIONS_OF_CALLER]: options };
}

function withCallersOptions(environment: Record<string, string>): Record<string, string> {
  const { [NODE_OPTIONS_OF_CALLER]: options, ...rest } = environment;
  return options === undefined ? rest : { NODE_OPTIONS: options, ...rest };
}

/** Paths by which the programs that we start find their own files. */
const PATHS = [
  'HOME',
  'CODEX_HOME',
  'CLAUDE_CONFIG_DIR',
  'CODEX_CA_CERTIFICATE',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** For a process that is started elsewhere: where those are relative, they mean what they meant in `directory`. */
export function withPathsFrom<E extends Environment>(directory: () => string, environment: E): E {
  const relative = PATHS.flatMap((name) => {
    const path = environment[name];
    return path && !isAbsolute(path) ? [[name, path] as const] : [];
  });
  if (relative.length === 0) return environment;
  const base = directory(); // which may be gone, and often nobody needs it
  return {
    ...environment,
    ...Object.fromEntries(relative.map(([name, path]) => [name, resolve(base, path)])),
  };
}

/**
 * The same for a worker that is a node program: options that the caller has for its own must not change or break it, and its
 * turn works in the repository that it is told, not in the one of a hook that has started it.
 */
export function workerEnvironment(environment: Environment, jobId: string): Record<string, string> {
  return ownEnvironment(withoutRepository(jobEnvironment(environment, jobId)));
}

/** What a turn's commands get of it, if the user's policy lets them: less what Codex tells of another, outer thread. */
export function threadEnvironment(environment: Environment): Record<string, string> {
  return withCallersOptions(without(environment, OUTER_THREAD));
}

/** For what follows a job and is no part of it: the caller's environment, where this process has it, else a neutral one. */
export function followUpEnvironment(environment: Environment, isCallers: boolean): Record<string, string> {
  if (!isCallers) return neutralEnvironment(environment);
  const { [COOKIE_VARIABLE]: _, ...rest } = threadEnvironment(without(environment, HOST_ONLY));
  return rest;
}

/** Of the session that a process of a job was started from, and of no other one. */
const SESSION_ONLY = [
  ...HOST_ONLY,
  ...OF_A_SESSION,
  /^CODEX_COMPANION_(JOB|SESSION_ID|TRANSCRIPT_PATH)$/,
  /^_$/,
  REPOSITORY,
];

/** For a host program that resumes a session by itself: configuration and credentials of the caller, nothing of its session. */
export function resumedEnvironment(environment: Environment): Record<string, string> {
  return withCallersOptions(without(environment, SESSION_ONLY));
}

/** For the broker and its app-server, which outlive the caller and serve others. */
export function neutralEnvironment(environment: Environment): Record<string, string> {
  return { ...without(environment, CALLER_ONLY), [SHARED_VARIABLE]: '1' };
}

/**
 * Where everything is kept, absolute. `CODEX_COMPANION_HOME` overrides the platform's place for a user's state;
 * never the temp directory, never a variable that only hooks have. Throws `state-not-writable` where there is no home, or
 * the place is relative.
 */
export function stateRoot(environment: Environment, platform: NodeJS.Platform = SYSTEM): string {
  const override = environment.CODEX_COMPANION_HOME;
  if (override) return platform === 'win32' ? override : requireAbsolute('CODEX_COMPANION_HOME', override);
  if (platform === 'darwin') return `${homeOf(environment)}/Library/Application Support/codex-companion`;
  if (platform === 'win32')
    return `${environment.LOCALAPPDATA ?? `${homeOf(environment)}/AppData/Local`}/codex-companion`;
  const xdg = environment.XDG_STATE_HOME;
  return `${xdg?.startsWith('/') ? xdg : `${homeOf(environment)}/.local/state`}/codex-companion`;
}

/** Relative, it would be another place in each directory, and a job enqueued in one unknown in the next. */
function requireAbsolute(name: string, path: string): string {
  if (isAbsolute(path)) return resolve(path);
  throw new CompanionError('state-not-writable', `${name} is ${echo(path)}, which is not an absolute path.`, {
    hint: `Set ${name} to an absolute path.`,
  });
}

/** libuv has an error of its own for a user whom the password database does not know. */
function homeOf(environment: Environment): string {
  if (environment.HOME) return requireAbsolute('HOME', environment.HOME);
  try {
    return homedir();
  } catch (cause) {
    const user = process.getuid?.() ?? 'this one';
    throw new CompanionError(
      'state-not-writable',
      `There is no place to keep anything: HOME is not set, and nobody knows a home of user ${user}.`,
      { hint: 'Set HOME, or CODEX_COMPANION_HOME to a directory of your own.', cause },
    );
  }
}

/** Runs, with another PATH in the place of ours, what looks for its program on that and cannot be told another. */
export async function withPath<T>(choose: (path: string) => string, run: () => Promise<T>): Promise<T> {
  const { PATH } = process.env;
  process.env.PATH = choose(PATH ?? '/usr/bin:/bin');
  try {
    return await run();
  } finally {
    if (PATH === undefined) delete process.env.PATH;
    else process.env.PATH = PATH;
  }
}
