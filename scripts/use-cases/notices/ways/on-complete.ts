import { existsSync } from 'node:fs';
import { sameProcess } from '../../../domain/base/identity.ts';
import { endedJob, type JobPaths, outcomeVariables } from '../../../domain/job/on-complete.ts';
import { type Environment, followUpEnvironment } from '../../../process/environment.ts';
import { here, liveness, ownIdentity } from '../../../process/identity.ts';
import { OWN_START } from '../../../process/platform/own-start.ts';
import { SH } from '../../../process/shell.ts';
import { spawnDetached } from '../../../process/spawn.ts';
import { writeDurably } from '../../../state/files/durable.ts';
import { type JobFacts, jobFiles } from '../../../state/job/job-directory.ts';
import { onCompleteFiles } from '../../../state/job/on-complete-files.ts';
import type { NoticeWay } from './way.ts';

/**
 * Runs the user's command. $1: its text, $2: the job's cwd, $3 to $5: begun, exit, stdin. `begun` is linked, so it is there
 * whole, for one shell alone: nobody else gets past that line, and what follows it is done once or not at all. Names
 * begin with ccj_ for the same reason as in the job's wrapper.
 */
const SHELL = `
ccj_text=$1 ccj_cwd=$2 ccj_begun=$3 ccj_exit=$4 ccj_input=$5
${OWN_START}printf 'pid=%s\\nstart=%s\\n' $$ "$*" >"$ccj_begun.$$"
command -p ln "$ccj_begun.$$" "$ccj_begun" 2>/dev/null
ccj_status=$?
command -p rm -f "$ccj_begun.$$"
[ "$ccj_status" = 0 ] || exit 0
cd "$ccj_cwd" 2>/dev/null || { echo "codex-companion: $ccj_cwd is not there any more; this runs in /." >&2; cd /; }
${SH} -c -- "$ccj_text" <"$ccj_input"
ccj_status=$?
printf 'status=%s\\n' "$ccj_status" >"$ccj_exit.part" && command -p mv -f "$ccj_exit.part" "$ccj_exit"
`;

/** Who runs the job's `--on-complete` has the caller's environment, which stands in no file: the job's own worker. */
export function isLeftToWorker({ request, claim }: JobFacts): boolean {
  if (request.onComplete === undefined || claim?.kind !== 'worker') return false;
  return !isWorker(claim.worker) && liveness(claim.worker) !== 'dead';
}

function isWorker(worker: Parameters<typeof sameProcess>[0]): boolean {
  return sameProcess(worker, ownIdentity());
}

/**
 * Starts the job's `--on-complete`, if it has one that nobody has begun. Returns when its shell is started; it is no part of
 * the job, and nobody waits for it. To be called by the job's worker, and where that is dead by anybody, any number of times.
 */
export const onComplete: NoticeWay = {
  name: 'on-complete',
  async begin({ facts, outcome, environment }) {
    const { request, directory } = facts;
    if (request.onComplete === undefined) return;
    const files = onCompleteFiles(directory);
    if (existsSync(files.begun)) return;
    const paths = pathsOf(directory);
    writeDurably(files.input, `${JSON.stringify(endedJob(request, outcome, paths), null, 2)}\n`);
    const args = [request.onComplete, request.cwd, files.begun, files.exit, files.input];
    await spawnDetached(SH, ['-c', SHELL, 'sh', ...args], {
      env: { ...environmentFor(facts, environment), ...outcomeVariables(request, outcome, paths) },
      logFile: files.log,
    });
  },
};

function environmentFor({ claim, request }: JobFacts, ours: Environment): Record<string, string> {
  const isCallers = claim?.kind === 'worker' && isWorker(claim.worker);
  return {
    ...followUpEnvironment(ours, isCallers),
    CODEX_COMPANION_ENVIRONMENT: isCallers ? 'caller' : 'neutral',
    // `begun` is not fsynced: a crash of the machine may have taken it.
    ...(request.enqueuedBy.boot === here().boot ? {} : { CODEX_COMPANION_MAY_REPEAT: '1' }),
  };
}

function pathsOf(directory: string): JobPaths {
  const { log, rendered } = jobFiles(directory);
  return { directory, log, result: existsSync(rendered) ? rendered : null };
}
