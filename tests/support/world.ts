import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Context, makeContext } from '../../scripts/use-cases/context.ts';
import { findJob } from '../../scripts/use-cases/reading/find-job.ts';
import { type JobReading, readJob } from '../../scripts/use-cases/reading/read-job.ts';
import { builtBundles } from './bundles.ts';
import { type FakeCodex, installFakeCodex } from './fake-codex/install.ts';
import type { FakeSettings } from './fake-codex/settings.ts';
import { assertNoneLeft, killIfThere, survivors } from './leaks.ts';
import { until } from './wait.ts';

/** What a command said and how it ended. `code` is null where a signal ended it. */
export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** stdout as JSON; throws with both outputs where it is none */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare what they find in it
  readonly json: any;
}

export interface CliOptions {
  /** below the world's workspace unless absolute; the workspace itself by default */
  cwd?: string;
  /** on top of the world's environment; undefined takes a variable away */
  env?: Record<string, string | undefined>;
  /** text for stdin; `open`: a pipe that nobody writes to or closes; by default /dev/null */
  stdin?: string | Buffer | 'open' | undefined;
  /** instead of the bundled companion */
  program?: string[];
}

export interface WorldOptions {
  /** false: a plain directory; by default a git repository with one commit */
  git?: boolean;
  env?: Record<string, string>;
  /** puts a fake Codex that behaves so on PATH; by default there is none */
  codex?: FakeSettings;
}

/** One user, one workspace, our state below a directory of its own. See `World`. */
export async function aWorkspace(options: WorldOptions = {}): Promise<World> {
  return new World(options);
}

/** After this long a command of a test is ended and the test fails. */
const LIMIT_MS = 300_000;

/**
 * A user's home, a workspace and the built companion, on real processes with a scrubbed environment. At its disposal it
 * proves that no process is left, and removes everything. Give processes that a test starts by itself `world.env`.
 */
export class World implements AsyncDisposable {
  /** everything of this world lies below it; short, because socket paths must be */
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'w-')));
  readonly home = join(this.folder, 'home');
  readonly stateRoot = join(this.folder, 'state');
  /** canonical */
  readonly workspace = join(this.folder, 'project');
  /** directory of the bundles */
  readonly bundles = builtBundles();
  readonly env: Record<string, string>;
  readonly #codex: FakeCodex | undefined;
  readonly #running = new Set<RunningCli>();

  constructor(options: WorldOptions) {
    for (const directory of [this.home, this.workspace]) mkdirSync(directory);
    this.#codex = options.codex && installFakeCodex(join(this.folder, 'bin'), options.codex);
    const path = [this.#codex?.directory, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'];
    this.env = {
      PATH: path.filter(Boolean).join(':'),
      HOME: this.home,
      LANG: 'C.UTF-8',
      TMPDIR: this.folder,
      CODEX_HOME: join(this.home, '.codex'),
      CODEX_COMPANION_HOME: this.stateRoot,
      GIT_CONFIG_NOSYSTEM: '1',
      ...cookieOfTheRun(),
      ...options.env,
    };
    if (options.git ?? true) this.#makeRepository();
  }

  /** The fake Codex of a world that was made with one. */
  get codex(): FakeCodex {
    if (!this.#codex) throw new Error('This world was made without a Codex.');
    return this.#codex;
  }

  /** `codex-companion …args` in the workspace, to its end. */
  async cli(...args: string[]): Promise<CliResult> {
    return this.cliWith({}, ...args);
  }

  async cliWith(options: CliOptions, ...args: string[]): Promise<CliResult> {
    return this.startWith(options, ...args).ended;
  }

  /** A line for a shell, in which `cc` is the companion; to its end. */
  async shell(line: string, { sh = 'sh', ...options }: CliOptions & { sh?: string | undefined } = {}) {
    const cc = `cc() { "${process.execPath}" "${join(this.bundles, 'companion.cjs')}" "$@"; }`;
    return this.cliWith({ ...options, program: [sh, '-c', `${cc}\n${line}`] });
  }

  /** The same, left running. */
  start(...args: string[]): RunningCli {
    return this.startWith({}, ...args);
  }

  startWith(options: CliOptions, ...args: string[]): RunningCli {
    const program = options.program ?? [process.execPath, join(this.bundles, 'companion.cjs')];
    const env = defined({ ...this.env, ...options.env });
    const running = new RunningCli([...program, ...args], {
      cwd: join(options.cwd?.startsWith('/') ? '' : this.workspace, options.cwd ?? ''),
      env,
      stdin: options.stdin,
    });
    this.#running.add(running);
    return running;
  }

  /** `run --background -- …command`; returns the job's id. Throws what it said where that was refused. */
  async run(...command: string[]): Promise<string> {
    const result = await this.cli('run', '--background', '--json', '--', ...command);
    if (result.code !== 0) throw new Error(`run failed (${result.code}): ${result.stdout}${result.stderr}`);
    return result.json.jobId;
  }

  /** What every use case takes, for tests that call one directly. */
  context(env: Record<string, string> = {}): Context {
    return makeContext({ ...this.env, ...env }, this.workspace, this.bundles);
  }

  /** Where a job stands, read from its directory. */
  reading(id: string): JobReading {
    const context = this.context();
    return readJob(findJob(context, id).layout, id);
  }

  async untilStage(id: string, stage: JobReading['state']['stage'], ms?: number): Promise<JobReading> {
    return until(
      `${id} is ${stage}`,
      () => {
        const reading = this.reading(id);
        return reading.state.stage === stage && reading;
      },
      ms,
    );
  }

  /** Writes a file in the workspace and returns its path. */
  write(name: string, content: string | Buffer, mode = 0o644): string {
    const path = join(this.workspace, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode });
    return path;
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.workspace, env: this.env, encoding: 'utf8' });
  }

  /** Living processes of this world: by their environment, arguments or directory, and what descends from them. */
  processes() {
    return survivors(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) running.end();
    try {
      await assertNoneLeft(this.folder);
    } finally {
      for (const { pid } of survivors(this.folder)) killIfThere(pid);
      // A process that was just killed may still have been writing.
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    }
  }

  #makeRepository(): void {
    this.write('README.md', '# A project\n');
    // What git expects to be there, or a test.
    for (const directory of ['hooks', 'info', 'refs/heads', 'refs/tags'])
      mkdirSync(join(this.workspace, '.git', directory), { recursive: true });
    if (repository !== undefined) for (const [name, content] of repository) this.write(name, content);
    else {
      this.git('init', '--quiet', '--initial-branch=main', '--template=');
      this.git('config', 'user.name', 'Someone');
      this.git('config', 'user.email', 'someone@example.com');
      this.git('add', '.');
      this.git('commit', '--quiet', '--message=Begin');
      repository = filesBelow(this.workspace, '.git');
    }
  }
}

/** The files of the repository that git has made for the first world of this process: it takes five starts of git. */
let repository: [name: string, content: Buffer][] | undefined;

function filesBelow(directory: string, folder: string): [string, Buffer][] {
  return readdirSync(join(directory, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => [relative(directory, path), readFileSync(path)]);
}

/** A command that is still running, with what it has said so far. */
export class RunningCli {
  stdout = '';
  stderr = '';
  readonly pid: number;
  readonly ended: Promise<CliResult>;
  readonly #child;

  constructor(
    command: string[],
    options: { cwd: string; env: NodeJS.ProcessEnv; stdin: CliOptions['stdin'] },
  ) {
    const [program = '', ...args] = command;
    const { cwd, env, stdin } = options;
    this.#child = spawn(program, args, {
      cwd,
      env,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.pid = this.#child.pid ?? 0;
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    // A command that does not read its stdin closes it under us.
    this.#child.stdin?.on('error', () => {});
    if (stdin !== undefined && stdin !== 'open') this.#child.stdin?.end(stdin);
    this.ended = this.#end([program, ...args]);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  closeStdin(text = ''): void {
    this.#child.stdin?.end(text);
  }

  /** Does nothing where it has ended. */
  end(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
  }

  async #end(command: string[]): Promise<CliResult> {
    const timer = setTimeout(() => this.end(), LIMIT_MS);
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    const { stdout, stderr } = this;
    return {
      ...{ code, signal, stdout, stderr },
      get json() {
        try {
          return JSON.parse(stdout);
        } catch (cause) {
          throw new Error(`${command.join(' ')} printed no JSON:\n${stdout}\n${stderr}`, { cause });
        }
      },
    };
  }
}

/** By which tools/test.ts finds what a whole run leaves. */
function cookieOfTheRun(): Record<string, string> {
  const cookie = process.env.CODEX_COMPANION_TEST_RUN;
  return cookie === undefined ? {} : { CODEX_COMPANION_TEST_RUN: cookie };
}

function defined(values: Record<string, string | undefined>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
