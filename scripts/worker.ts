/**
 * What node does for jobs in processes of their own: `node worker.mjs STEP DIRECTORY`. `codex-job` is the worker of a
 * job whose runner is `turn`, `finish` the last step of one whose runner is `shell`, which its wrapper runs. `wake` is
 * started for a job whose session is closed, `queue-notices` for a session of Codex that is open.
 */
import type { RunnerName } from './domain/job/specs.ts';
import { onWarning } from './state/files/warnings.ts';

/** sysexits(3), EX_TEMPFAIL; known to leftovers.sh */
const NOT_YET = 75;

type Step = (directory: string) => Promise<unknown>;

/** Loaded only when it is needed: a finish step knows nothing of Codex. */
const RUNNERS: Record<RunnerName, Step> = {
  turn: async (directory) => (await import('./runners/turn/codex-job.ts')).runCodexJob(directory),
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
    async (directory) =>
      (await import('./use-cases/notices/ways/wake-session.ts')).wakeClosedSession(directory),
  ],
  [
    'queue-notices',
    async (directory) => (await import('./use-cases/notices/ways/codex-queue.ts')).queueNotices(directory),
  ],
]);

const [name, directory] = process.argv.slice(2);
onWarning((message) => console.error(message));

const step = STEPS.get(name);
if (step && directory !== undefined) await step(directory);
else {
  console.error(`usage: worker.mjs ${[...STEPS.keys()].join('|')} DIRECTORY`);
  process.exitCode = 2;
}
