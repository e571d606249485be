import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { wrapperFile } from '../../scripts/domain/shell/wrapper-file.ts';
import { assertNoneLeft } from './leaks.ts';
import { until } from './wait.ts';

const scripts = join(import.meta.dirname, '../../scripts/runners/shell');

/** A shell that run-job.sh must run in; both of its stages do so in the tests. */
export interface Shell {
  name: string;
  program: string;
  /** called by the name `sh`, which turns bash to its POSIX mode and busybox to its shell */
  asSh?: boolean;
}

export const shells: Shell[] = [
  { name: 'dash', program: 'dash' },
  { name: 'bash', program: 'bash' },
  { name: 'bash as sh', program: 'bash', asSh: true },
  { name: 'busybox sh', program: 'busybox', asSh: true },
];

/** The reason to skip a test, or false where the shell is there. */
export function missing({ program }: Shell): string | false {
  return onPath(program) ? false : `no ${program} on this machine`;
}

/** Replacements of constants at the head of run-job.sh: name without ccj_ → value. */
export type Constants = Partial<Record<'proc' | 'tools' | 'cgroups', string>>;

export interface JobOptions {
  cwd?: string;
  env?: Record<string, string>;
  deadline?: number;
  stall?: number;
  outputLimit?: number;
  leftovers?: 'leave' | 'wait' | 'stop';
  node?: string;
  finish?: string;
  /** octal, e.g. '000' */
  umask?: string;
  constants?: Constants;
  /** of the words, which are UTF-8 otherwise */
  encoding?: 'latin1';
  /** of `script()`, for many jobs that share one; instead of `constants` */
  script?: string;
}

/** A folder for one test, removed at its end together with the proof that no process of it is left. */
export class Bench implements AsyncDisposable {
  readonly cookie = `bench-${randomBytes(6).toString('hex')}`;
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'ccj-')));
  /** where jobs work: no program of ours is taken from there, so the test's tools lie beside it */
  readonly workspace = join(this.folder, 'work');
  readonly shell: Shell;
  #jobs = 0;

  constructor(shell: Shell) {
    this.shell = shell;
    mkdirSync(this.workspace);
  }

  /** Starts the wrapper as the companion does. */
  run(command: string[], options: JobOptions = {}): RunningJob {
    return this.runIn(this.newJobFolder(), command, options);
  }

  newJobFolder(): string {
    this.#jobs += 1;
    const folder = join(this.folder, `job ${this.#jobs}`);
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  }

  runIn(folder: string, command: string[], options: JobOptions = {}): RunningJob {
    const {
      cwd = this.workspace,
      node = '/bin/sh',
      finish = '/nowhere/finish',
      deadline = 0,
      stall = 0,
      outputLimit = 0,
      leftovers = 'leave',
    } = options;
    const shell = this.#shellPath();
    const script = options.script ?? this.script(options.constants);
    const limits = { deadlineSeconds: deadline, stallSeconds: stall, outputBytes: outputLimit };
    const sheet = wrapperFile({ cwd, root: cwd, node, finish, leftovers, limits, words: command });
    const told = join(folder, 'wrapper');
    if (!existsSync(told))
      writeFileSync(told, Buffer.from(sheet, options.encoding ?? 'utf8'), { mode: 0o600 });
    const args = [shell, script, basename(folder)];
    if (options.umask !== undefined) args.unshift('/bin/sh', '-c', `umask ${options.umask}; exec "$@"`, 'sh');
    const log = openSync(join(folder, 'output.log'), 'a', 0o600);
    const [program = '', ...rest] = args;
    const child = spawn(program, rest, {
      detached: true,
      cwd: '/',
      // The fourth is one that the caller forgot open.
      stdio: ['ignore', log, log, log],
      env: {
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        ...options.env,
        CODEX_COMPANION_JOB: this.cookie,
        CODEX_COMPANION_JOB_DIRECTORY: folder,
        // The watchdog takes our cookie from its children; the proof that none is left must still see them.
        BENCH: this.cookie,
      },
    });
    closeSync(log);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    });
    return new RunningJob(folder, child.pid ?? 0, ended);
  }

  /** A copy of the scripts with other constants. Not by variables: a caller's environment could set those. */
  script(constants: Constants = {}): string {
    const shell = this.#shellPath();
    const folder = mkdtempSync(join(this.folder, 'scripts-'));
    cpSync(scripts, folder, { recursive: true });
    const path = join(folder, 'run-job.sh');
    let text = readFileSync(path, 'utf8');
    for (const [name, value] of Object.entries({ shell, ...constants })) {
      const line = new RegExp(`^ccj_${name}=.*$`, 'm');
      if (!line.test(text)) throw new Error(`run-job.sh sets no ccj_${name}`);
      text = text.replace(line, () => `ccj_${name}='${value}'`);
    }
    writeFileSync(path, text);
    return path;
  }

  /** A folder that holds links to these tools only, for a PATH without the others. */
  tools(...names: string[]): string {
    const folder = mkdtempSync(join(this.folder, 'tools-'));
    for (const name of names) symlinkSync(onPath(name) ?? `/nowhere/${name}`, join(folder, name));
    return folder;
  }

  directory(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await assertNoneLeft(this.cookie);
    rmSync(this.folder, { recursive: true });
  }

  #shellPath(): string {
    const program = onPath(this.shell.program) ?? '';
    if (!this.shell.asSh) return program;
    const link = join(this.folder, 'sh');
    if (!existsSync(link)) symlinkSync(program, link);
    return link;
  }
}

/** key=value lines of one of the wrapper's files. */
export type Lines = Record<string, string>;

export class RunningJob {
  readonly folder: string;
  readonly pid: number;
  /** exit status of the wrapper itself; null where a signal ended it */
  readonly ended: Promise<number | null>;

  constructor(folder: string, pid: number, ended: Promise<number | null>) {
    this.folder = folder;
    this.pid = pid;
    this.ended = ended;
  }

  /** undefined where the file is not there */
  lines(name: string): Lines | undefined {
    const path = join(this.folder, name);
    if (!existsSync(path)) return undefined;
    const lines = readFileSync(path, 'utf8').split('\n');
    return Object.fromEntries(
      lines.filter((line) => line.trim()).map((line) => line.split(/=(.*)/s, 2)),
    ) as Lines;
  }

  /** What the job left as its end. */
  async exit(): Promise<Lines | undefined> {
    await this.ended;
    return this.lines('exit');
  }

  output(): string {
    return readFileSync(join(this.folder, 'output.log'), 'utf8');
  }

  /** The pid of the command, once it has taken the place of the shell that started it. */
  async commandPid(program = 'sleep'): Promise<number> {
    const pid = await until('the command is recorded', () => Number(this.lines('command')?.pid));
    await until(`${program} runs`, () => readFileSync(`/proc/${pid}/comm`, 'utf8') === `${program}\n`);
    return pid;
  }
}

export function onPath(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** proc(5) from field 3 on: state, parent, group, session, … start time at index 19. */
export function fieldsOfStat(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
}
