import { onOneLine, visible } from '../text/harmless.ts';
import type { JobOutcome } from './evidence.ts';
import type { JobRequest, Timestamp } from './job.ts';

/** What has become of the command that the user gave with `--on-complete`. */
export type OnCompleteState =
  /** the job has no outcome yet, or nobody has come to start it */
  | { stage: 'waiting' }
  | { stage: 'running' }
  | { stage: 'ended'; exitCode: number }
  /** it was begun, and what became of it nobody knows: its shell was killed. It is not run again. */
  | { stage: 'cut-off' };

export interface JobPaths {
  directory: string;
  log: string;
  /** null where the job has none */
  result: string | null;
}

/** The outcome for a shell: text on one line, with nothing hidden in it; empty where there is no value. */
export function outcomeVariables(
  request: JobRequest,
  outcome: JobOutcome,
  paths: JobPaths,
): Record<string, string> {
  return {
    CODEX_COMPANION_JOB_ID: request.id,
    CODEX_COMPANION_JOB_KIND: request.kind,
    CODEX_COMPANION_JOB_TITLE: onOneLine(visible(request.title)),
    CODEX_COMPANION_JOB_STATUS: outcome.ending,
    CODEX_COMPANION_JOB_EXIT_CODE: outcome.exitCode === null ? '' : String(outcome.exitCode),
    CODEX_COMPANION_JOB_SIGNAL: outcome.signal ?? '',
    CODEX_COMPANION_JOB_REASON: onOneLine(visible(outcome.reason)),
    CODEX_COMPANION_JOB_DURATION: String(durationMs(outcome) / 1000),
    CODEX_COMPANION_JOB_STARTED_AT: outcome.startedAt ?? '',
    CODEX_COMPANION_JOB_FINISHED_AT: outcome.finishedAt,
    CODEX_COMPANION_JOB_LOG: paths.log,
    CODEX_COMPANION_JOB_RESULT: paths.result ?? '',
  };
}

/** The same and more as JSON, with the keys of `status --json` where there are such. */
export interface EndedJob {
  id: string;
  kind: JobRequest['kind'];
  title: string;
  summary: string;
  status: JobOutcome['ending'];
  outcome: JobOutcome;
  background: boolean;
  sessionId: string | null;
  host: string | null;
  createdAt: Timestamp;
  startedAt: Timestamp | null;
  completedAt: Timestamp;
  durationMs: number;
  workspaceRoot: string;
  cwd: string;
  logFile: string;
  resultFile: string | null;
}

export function endedJob(request: JobRequest, outcome: JobOutcome, paths: JobPaths): EndedJob {
  const { id, kind, title, summary, background, origin, createdAt, workspaceRoot, cwd } = request;
  return {
    ...{ id, kind, title, summary, status: outcome.ending, outcome, background },
    ...{ sessionId: origin?.sessionId ?? null, host: origin?.host ?? null },
    ...{ createdAt, startedAt: outcome.startedAt, completedAt: outcome.finishedAt },
    ...{ durationMs: durationMs(outcome), workspaceRoot, cwd, logFile: paths.log, resultFile: paths.result },
  };
}

/** From its start to its end; 0 for one that never started. */
function durationMs({ startedAt, finishedAt }: JobOutcome): number {
  return startedAt === null ? 0 : Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
}

export function describeOnComplete(state: OnCompleteState): string {
  switch (state.stage) {
    case 'waiting':
      return 'waits for the end';
    case 'running':
      return 'runs';
    case 'ended':
      return state.exitCode === 0 ? 'done' : `failed (exit ${state.exitCode})`;
    case 'cut-off':
      return 'was cut off: its shell was killed, and it is not run again';
  }
}
