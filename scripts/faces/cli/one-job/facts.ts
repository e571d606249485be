import type { JobRequest } from '../../../domain/job/job.ts';
import { isShellJob, KINDS } from '../../../domain/job/kinds.ts';
import { typed } from '../../../domain/shell/quote.ts';
import { shorten } from '../../../domain/text/shorten.ts';
import type { IndexedJob } from '../../../domain/workspace/workspace-state.ts';
import { gitAt } from '../../../process/program/git.ts';
import { formerRuns, latestEnded } from '../../../use-cases/jobs/former-runs.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { processesOf, type SeenProcess } from '../../../use-cases/reading/job-processes.ts';
import { orPassOver, orPassOverLater, saysNothing } from '../../../use-cases/reading/one-of-many.ts';
import type { JobReading } from '../../../use-cases/reading/read-job.ts';
import type { JobView } from '../../views/job-view.ts';
import { logPreview } from '../../views/progress.ts';
import type { Call } from '../command.ts';

/** What a person is shown of one job, beside what `--json` has. */
export interface JobFactsShown {
  /** as one types it */
  command: string;
  /** `main@64278e3`, as it is now; null where there is none, and of a job that has ended */
  branch: string | null;
  processes: SeenProcess[];
  /** the last ones of its output or progress; of a failed one what matters */
  lines: string[];
  /** the last run of the same command that had ended before this one was asked for */
  before: IndexedJob | null;
  /** of the workspace that was asked from: its number and name mean it here */
  isHere: boolean;
}

export async function factsOf(
  call: Call,
  job: FoundJob,
  reading: JobReading,
  view: JobView,
): Promise<JobFactsShown> {
  const { facts } = reading;
  const mayRun = facts.outcome === null || facts.outcome.stillRunning > 0;
  const [processes, branch] = await Promise.all([
    mayRun ? orPassOverLater(job.id, () => processesOf(facts), saysNothing) : [],
    facts.outcome ? null : branchAt(call, facts.request),
  ]);
  return {
    command: commandOf(facts.request, view),
    branch,
    processes: processes ?? [],
    lines: linesOf(view),
    before: orPassOver(job.id, () => runBefore(job, facts.request), saysNothing) ?? null,
    isHere: job.layout.directory === call.context.layout.directory,
  };
}

/** Whole where it was summed up only by being cut. */
function commandOf(request: JobRequest, { summary }: JobView): string {
  if (!isShellJob(request)) return summary;
  const line = typed(request.spec.argv);
  return shorten(line) === summary ? line : summary;
}

function linesOf({ progressPreview, kind, logFile }: JobView): string[] {
  const isOutput = KINDS[kind].resultAs === 'output';
  return progressPreview.length > 0 || !isOutput ? progressPreview : logPreview(logFile);
}

function runBefore({ layout }: FoundJob, request: JobRequest): IndexedJob | null {
  const former = formerRuns(request, latestEnded(layout));
  return former.find(({ finished }) => finished && finished.finishedAt <= request.createdAt) ?? null;
}

/** Milliseconds that a question to git may take: the other facts do not wait for a branch. */
const BRANCH_LIMIT_MS = 2_000;

async function branchAt(call: Call, { cwd, workspaceRoot }: JobRequest): Promise<string | null> {
  const { environment } = call.context;
  const place = { cwd, environment, workspace: workspaceRoot, limitMs: BRANCH_LIMIT_MS };
  const asked = async () => {
    const git = await gitAt(place);
    return Promise.all([
      git.tellIfAny('symbolic-ref', '--short', '--quiet', 'HEAD'),
      git.tellIfAny('rev-parse', '--short', '--verify', '--quiet', 'HEAD'),
    ]);
  };
  const [branch, commit] = (await orPassOverLater(cwd, asked, saysNothing)) ?? [];
  if (!commit) return branch ?? null;
  return branch ? `${branch}@${commit}` : commit;
}
