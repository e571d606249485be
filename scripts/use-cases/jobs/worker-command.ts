import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CompanionError } from '../../domain/base/errors.ts';
import type { JobRequest } from '../../domain/job/job.ts';
import { KINDS, leftoversOf, type ShellJob } from '../../domain/job/kinds.ts';
import type { RunnerName } from '../../domain/job/specs.ts';
import { wrapperFile } from '../../domain/shell/wrapper-file.ts';
import {
  DIRECTORY_VARIABLE,
  type Environment,
  jobEnvironment,
  withPathsFrom,
  workerEnvironment,
} from '../../process/environment.ts';
import { withoutDeadGit } from '../../process/program/hook-variables.ts';
import { SH } from '../../process/shell.ts';

/** What is started as the worker of one job. Its arguments say the job's id, and nothing else of it. */
export interface Worker {
  /** the content of the file `wrapper`, for one that reads it */
  sheet?: string;
  environment(callers: Environment): Promise<Record<string, string>>;
  command(env: Record<string, string>): Command;
}

interface Command {
  command: string;
  args: string[];
}

const WORKERS: Record<RunnerName, (request: never) => Worker> = {
  shell: shellWorker,
  turn: turnWorker,
};

export function workerOf(request: JobRequest): Worker {
  return (WORKERS[KINDS[request.kind].runner] as (request: JobRequest) => Worker)(request);
}

/** The environment of a worker that is to find its job in that directory. */
export function sentTo(directory: string, env: Record<string, string>): Record<string, string> {
  return { ...env, [DIRECTORY_VARIABLE]: directory };
}

/** The sh wrapper, whose truth needs no node. */
function shellWorker(request: ShellJob): Worker {
  const { id, runtime, node, cwd, workspaceRoot: root, limits, spec, background } = request;
  refuseNul(spec.argv);
  const finish = join(runtime, 'worker.mjs');
  return {
    sheet: wrapperFile({
      cwd,
      root,
      node,
      finish,
      leftovers: leftoversOf(request),
      limits,
      words: spec.argv,
    }),
    environment: async (callers) =>
      withoutDeadGit(jobEnvironment(callers, id), { cwd, outlives: background }),
    command(env) {
      const args = [join(runtime, 'run-job.sh'), id];
      // dash and busybox drop variables whose names they cannot hold (`a.b`, exported bash functions); bash keeps them.
      const odd = Object.keys(env).some((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
      if (odd && existsSync('/bin/bash')) return { command: '/bin/bash', args: ['-p', ...args] };
      return { command: SH, args };
    },
  };
}

/** No program can be given one; dash would leave it out without a word. */
function refuseNul(words: string[]): void {
  const [word] = words.filter((one) => one.includes('\0'));
  if (word === undefined) return;
  throw new CompanionError('usage', 'A word of the command holds a NUL character. Nothing was started.', {
    hint: 'Put the command into a script and run that.',
  });
}

function turnWorker({ id, node, runtime, workspaceRoot }: JobRequest): Worker {
  return {
    async environment(callers) {
      // Only when it is needed: a shell command is enqueued without anything of Codex.
      const { codexSearchPath } = await import('../../hosts/codex-search-path.ts');
      const env = { ...workerEnvironment(callers, id), PATH: codexSearchPath(callers, workspaceRoot) };
      return withPathsFrom(process.cwd, env); // neither it nor the broker is started where the caller is
    },
    command: () => ({ command: node, args: [join(runtime, 'worker.mjs'), 'codex-job', id] }),
  };
}
