import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JobRequest } from '../../domain/job/job.ts';
import { KINDS, leftoversOf, type ShellJob } from '../../domain/job/kinds.ts';
import { amountOf } from '../../domain/job/limits.ts';
import type { RunnerName } from '../../domain/job/specs.ts';
import { type Environment, jobEnvironment, workerEnvironment } from '../../process/environment.ts';

/** What is started as the worker of one job. */
interface Worker {
  environment(callers: Environment): Promise<Record<string, string>>;
  command(directory: string, env: Record<string, string>): Command;
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

/** The sh wrapper, whose truth needs no node. */
function shellWorker(request: ShellJob): Worker {
  return {
    environment: async (callers) => jobEnvironment(callers, request.id),
    command(directory, env) {
      const { argv } = request.spec;
      const limits = (['deadline', 'stall', 'output'] as const).map((one) => String(amountOf(request, one)));
      const wrapper = join(request.runtime, 'run-job.sh');
      const finish = [request.node, join(request.runtime, 'worker.mjs')];
      const args = [
        wrapper,
        directory,
        request.cwd,
        ...finish,
        leftoversOf(request),
        ...limits,
        '--',
        ...argv,
      ];
      // dash and busybox drop variables whose names they cannot hold (`a.b`, exported bash functions); bash keeps them.
      const odd = Object.keys(env).some((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
      if (odd && existsSync('/bin/bash')) return { command: '/bin/bash', args: ['-p', ...args] };
      return { command: '/bin/sh', args };
    },
  };
}

function turnWorker({ id, node, runtime }: JobRequest): Worker {
  return {
    async environment(callers) {
      // Only when it is needed: a shell command is enqueued without anything of Codex.
      const { codexSearchPath } = await import('../../hosts/codex-program.ts');
      return { ...workerEnvironment(callers, id), PATH: codexSearchPath(callers) };
    },
    command: (directory) => ({ command: node, args: [join(runtime, 'worker.mjs'), 'codex-job', directory] }),
  };
}
