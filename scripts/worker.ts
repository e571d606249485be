/**
 * What node does for jobs in processes of their own. `worker.mjs codex-job ID` is the worker of a job whose runner is
 * `turn`, `worker.mjs finish ID` the last step of one whose runner is `shell`, which its wrapper runs; both are told the
 * job's directory in their environment. `wake DIRECTORY` is started for a job whose session is closed, `queue-notices
 * DIRECTORY` for a session of Codex that is open: from the job's runtime, so that release 1.1.0 has to understand it.
 */

import type { RunnerName } from './domain/job/specs.ts';
import { type Environment, readEnvironment, takeJobDirectory } from './process/environment.ts';
import { onWarning } from './state/files/warnings.ts';

/** sysexits(3), EX_TEMPFAIL; known to leftovers.sh */
const NOT_YET = 75;

type Step = (directory: string, environment: Environment) => Promise<unknown>;

/** Loaded only when it is needed: a finish step knows nothing of Codex. */
const RUNNERS: Record<RunnerName, Step> = {
  turn: async (directory, environment) =>
    (await import('./runners/turn/codex-job.ts')).runCodexJob(directory, environment),
  async shell(directory) {
    const { finishJob } = await import('./runners/shell/finish.ts');
    if ((await finishJob(directory)) === 'not-yet') process.exitCode = NOT_YET;
  },
};

const STEPS = new Map<string | undefined, Step>([
  ['codex-job', RUNNERS.turn],
  ['finish', RUNNERS.shell],
  [
    'wake',
    async (directory, environment) =>
      (await import('./use-cases/notices/tellers/wake-session.ts')).wakeClosedSession(directory, environment),
  ],
  [
    'queue-notices',
    async (directory, environment) =>
      (await import('./use-cases/notices/tellers/queue-notices.ts')).queueNotices(directory, environment),
  ],
]);

const [name, named] = process.argv.slice(2);
const directory = takeJobDirectory() ?? named;
onWarning((message) => console.error(message));

const step = STEPS.get(name);
if (step && directory !== undefined) await step(directory, readEnvironment());
else {
  console.error(`usage: worker.mjs ${[...STEPS.keys()].join('|')} DIRECTORY`);
  process.exitCode = 2;
}
