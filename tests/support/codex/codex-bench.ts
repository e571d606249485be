import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type AppServer,
  type AppServerOptions,
  startAppServer,
} from '../../../scripts/codex/program/app-server.ts';
import { locateCodex } from '../../../scripts/codex/program/locate.ts';
import type { Progress } from '../../../scripts/codex/turn/record.ts';
import type { TurnResult } from '../../../scripts/codex/turn/result.ts';
import { runTurn, type TurnOptions, type TurnRequest } from '../../../scripts/codex/turn/turn.ts';
import { type FakeCodex, installFakeCodex } from '../fake-codex/install.ts';
import type { FakeSettings } from '../fake-codex/settings.ts';
import { assertNoneLeft } from '../leaks.ts';
import { withoutWaits } from './slow-steps.ts';
import '../suppressed-error.ts';

/** A git repository and a Codex in a folder of their own. Its disposal proves that no process is left. */
export class CodexBench implements AsyncDisposable {
  readonly folder: string;
  readonly repository: string;
  readonly env: Record<string, string>;
  readonly #servers: AppServer[] = [];

  /** With `env`, that one is used: a real Codex, set up below `folder`. */
  constructor(folder: string, env: Record<string, string>) {
    this.folder = folder;
    this.env = env;
    this.repository = join(folder, 'repository');
    mkdirSync(this.repository);
    this.write('a.txt', 'one\n');
    this.git('init', '--quiet', '--initial-branch=main');
    this.git('add', '.');
    this.git('-c', 'user.name=S', '-c', 'user.email=s@example.com', 'commit', '--quiet', '--message=Begin');
  }

  async server(options: Partial<AppServerOptions> = {}): Promise<AppServer> {
    const program = locateCodex(this.env, null);
    const server = await startAppServer({
      program,
      environment: this.env,
      workspaceRoot: null,
      clientVersion: '0.0.0',
      ...options,
    });
    this.#servers.push(server);
    return server;
  }

  /** A read-only task in the repository, unless told otherwise. */
  task(prompt: string, request: Partial<TurnRequest> = {}): TurnRequest {
    return this.#request({ work: { kind: 'task', prompt }, ...request });
  }

  review(request: Partial<TurnRequest> = {}): TurnRequest {
    const target = { mode: 'working-tree', label: 'working tree diff', explicit: true } as const;
    return this.#request({ work: { kind: 'review', target }, ...request });
  }

  write(name: string, content: string): string {
    const path = join(this.repository, name);
    writeFileSync(path, content);
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.repository, name), 'utf8');
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.repository, env: this.env, encoding: 'utf8' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server.stop();
    await assertNoneLeft(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #request(request: Partial<TurnRequest> & Pick<TurnRequest, 'work'>): TurnRequest {
    return {
      resumeThreadId: null,
      cwd: this.repository,
      sandbox: 'read-only',
      model: null,
      effort: null,
      environment: { PATH: this.env.PATH ?? '' },
      alwaysKept: [],
      ...request,
    };
  }
}

export class FakeBench extends CodexBench {
  readonly fake: FakeCodex;

  constructor(settings: FakeSettings = {}) {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'codex-')));
    const fake = installFakeCodex(join(folder, 'bin'), settings);
    super(folder, {
      PATH: `${fake.directory}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: folder,
      CODEX_HOME: join(folder, '.codex'),
      LANG: 'C.UTF-8',
    });
    this.fake = fake;
  }
}

export interface Told {
  result: TurnResult;
  /** but for what is told only where a step takes long */
  progress: Progress[];
  /** milliseconds */
  took: number;
}

/** Runs a turn and keeps what was told meanwhile. */
export async function follow(
  server: AppServer,
  request: TurnRequest,
  options: TurnOptions = {},
): Promise<Told> {
  const progress: Progress[] = [];
  const began = performance.now();
  const onProgress = (step: Progress) => {
    progress.push(step);
    options.onProgress?.(step);
  };
  const result = await runTurn(server, request, { ...options, onProgress });
  return { result, progress: withoutWaits(progress), took: performance.now() - began };
}
