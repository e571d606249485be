/**
 * The worker of a Codex job (`node worker.mjs codex-job JOB-DIRECTORY`), and the last step of a shell job
 * (`node worker.mjs finish JOB-DIRECTORY`), which its wrapper runs. `wake` is started for a job whose session is closed,
 * `queue-notices` for a session of Codex that is open.
 */
import { onWarning } from './state/files/warnings.ts';

/** sysexits(3), EX_TEMPFAIL; known to leftovers.sh */
const NOT_YET = 75;

const [step, directory] = process.argv.slice(2);
onWarning((message) => console.error(message));

if (step === 'codex-job' && directory !== undefined) {
  const { runCodexJob } = await import('./runners/turn/codex-job.ts');
  await runCodexJob(directory);
} else if (step === 'finish' && directory !== undefined) {
  const { finishJob } = await import('./runners/shell/finish.ts');
  if ((await finishJob(directory)) === 'not-yet') process.exitCode = NOT_YET;
} else if (step === 'wake' && directory !== undefined) {
  const { wakeClosedSession } = await import('./use-cases/notices/ways/wake-session.ts');
  await wakeClosedSession(directory);
} else if (step === 'queue-notices' && directory !== undefined) {
  const { queueNotices } = await import('./use-cases/notices/ways/codex-queue.ts');
  await queueNotices(directory);
} else {
  console.error(
    'usage: worker.mjs codex-job|finish|wake JOB-DIRECTORY, worker.mjs queue-notices SESSION-DIRECTORY',
  );
  process.exitCode = 2;
}
