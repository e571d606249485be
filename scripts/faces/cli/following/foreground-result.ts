import { formatDuration } from '../../../domain/base/duration.ts';
import type { JobOutcome } from '../../../domain/job/evidence.ts';
import { KINDS } from '../../../domain/job/kinds.ts';
import { briefOutcome, durationOf } from '../../../domain/job/outcome-text.ts';
import type { JobKind } from '../../../domain/job/specs.ts';
import { onOneLine } from '../../../domain/text/harmless.ts';
import { readResult, readThreadNote } from '../../../state/job/job-directory.ts';
import { markRead } from '../../../use-cases/notices/mark-read.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import type { JobReading } from '../../../use-cases/reading/read-job.ts';
import { commandResult } from '../../views/stored-result.ts';
import type { Call } from '../command.ts';
import { exitOfCommand, exitOfOutcome } from '../exit-codes.ts';
import { stillRunningLine } from '../render/processes.ts';
import { spoken } from '../render/spoken.ts';

/** Prints what a foreground job ended with, and returns the exit status that stands for it. */
export function finishForeground(call: Call, job: FoundJob, reading: JobReading): number {
  const { facts } = reading;
  const { outcome, request } = facts;
  if (!outcome) throw new Error(`${job.id} was waited for and has no outcome`);
  const exit = exitFor(call, request.kind, outcome);
  const shared = { jobId: job.id, outcome };
  if (KINDS[request.kind].resultAs === 'answer') {
    const stored = readResult(facts.directory);
    const threadId = readThreadNote(facts.directory)?.threadId ?? null;
    const missing = { status: exit, threadId, rawOutput: '', touchedFiles: [], reasoningSummary: [] };
    call.out.answer({ ...(stored?.payload ?? missing), ...shared }, () =>
      stored?.rendered ? [{ written: stored.rendered }] : `${outcome.reason}\n`,
    );
  } else if (call.out.json) {
    call.out.answer({ status: exit, threadId: null, ...commandResult(facts), ...shared }, String);
  }
  if (!call.out.json)
    call.out.talk(
      [lastWord(spoken(call.out, facts), outcome), ...orNone(stillRunningLine(facts, call.out))].join('\n'),
    );
  markRead(call.context.root, reading, call.origin);
  return exit;
}

function orNone(line: string | undefined): string[] {
  return line === undefined ? [] : [line];
}

export function exitFor(call: Call, kind: JobKind, outcome: JobOutcome): number {
  const byOutcome = call.options.oneOf('exit-code', ['command', 'outcome']) === 'outcome';
  return KINDS[kind].exitsWith === 'status' && !byOutcome ? exitOfCommand(outcome) : exitOfOutcome(outcome);
}

/** `run-… failed (exit 3) after 12s, 2 processes still running`. @param who the job, as it is to be named */
export function lastWord(who: string, outcome: JobOutcome): string {
  const duration = durationOf(outcome) ?? (outcome.noticed ? null : 0);
  const took = duration === null ? null : formatDuration(duration);
  const { ending, exitCode, limit, oomKills, leftovers } = { limit: undefined, ...outcome };
  const toldByStatus =
    ending === 'completed' || (ending === 'failed' && exitCode !== null && outcome.startedAt !== null);
  const more = limit ?? oomKills ?? leftovers;
  const why = toldByStatus && more === undefined ? '' : `: ${onOneLine(outcome.reason)}`;
  return `${who} ${briefOutcome(outcome, took)}${why}`;
}
