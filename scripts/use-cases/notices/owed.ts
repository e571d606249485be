import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { JobOutcome } from '../../domain/job/evidence.ts';
import {
  type Asker,
  hasExpired,
  type NoticeMove,
  nextMove,
  type Telling,
  type Way,
} from '../../domain/notice/notice.ts';
import { liveJobs } from '../../domain/workspace/workspace-state.ts';
import { now } from '../../process/clock.ts';
import { liveness } from '../../process/identity.ts';
import { jobFiles, readOutcome, readRequest } from '../../state/job/job-directory.ts';
import {
  readSettlement,
  readTellingRecords,
  settleNotice,
  type TellingRecord,
  wasSaid,
} from '../../state/job/notice-files.ts';
import { jobDirectory, layoutAt, sessionDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { forgetNote, notesOf } from '../../state/session/owned-jobs.ts';
import { formerSessions, standingOf } from '../../state/session/session-record.ts';
import { transcriptHolds } from '../../state/session/transcript.ts';
import { readState } from '../../state/workspace/store.ts';
import { orPassOver, saysNothing } from '../reading/one-of-many.ts';
import { type JobReading, readJob } from '../reading/read-job.ts';
import { unacceptedRequest } from '../reading/unaccepted.ts';

/** A notice that is owed, and where its note lies. */
export interface OwedNotice {
  jobId: string;
  layout: WorkspaceLayout;
  /** of the job */
  directory: string;
  /** of the session that it is owed to */
  session: string;
  /** that is not the session which asks */
  elsewhere: boolean;
}

/** What is owed to a session and to those whose notices it takes; by its directory. Ended or not. */
export function owedNotices(root: string, session: string): OwedNotice[] {
  const own = { directory: session, workspaceDirectory: null };
  const all = [own, ...formerSessions(session)].flatMap((from) =>
    notesOf(from.directory)
      .filter((note) => (from.workspaceDirectory ?? note.workspaceDirectory) === note.workspaceDirectory)
      .map(({ id, workspaceDirectory }) => {
        const layout = layoutAt(root, '', workspaceDirectory);
        const directory = jobDirectory(layout, id);
        const elsewhere = from.directory !== session;
        return { jobId: id, layout, directory, session: from.directory, elsewhere };
      }),
  );
  return all.sort((a, b) => (a.jobId < b.jobId ? -1 : 1));
}

/** What is to be done about a notice now. `heard`: what a host has just passed on, where a receipt may stand, too. */
export function moveOf(owed: OwedNotice, asker: Asker, heard = ''): NoticeMove {
  const settled = readSettlement(owed.directory) !== null;
  const ended = settled || outcomeOf(owed) !== null;
  const records = ended && !settled ? readTellingRecords(owed.directory) : [];
  const tellings = tellingsOf(owed.layout.root, owed.directory, records);
  const received = anyReceived(records, tellings, heard);
  return nextMove({ ended, settled, tellings, received, asker, now: now() });
}

/** Would the doorbell's hook find anything to tell? By the session's directory. */
export function isAnythingDue(root: string, session: string): boolean {
  const asker = askerOf(session, 'wake');
  const isDue = (owed: OwedNotice) => moveOf(owed, asker).kind === 'tell';
  return owedNotices(root, session).some((owed) => orPassOver(owed.jobId, () => isDue(owed)));
}

/** The clients that have asked for what is due to a session: each is rung for by its own doorbell. */
export function askersOfDue(root: string, session: string): (ProcessIdentity | null)[] {
  const asker = askerOf(session, 'wake');
  return owedNotices(root, session).flatMap(
    (owed) =>
      orPassOver(owed.jobId, () =>
        moveOf(owed, asker).kind === 'tell' ? [readRequest(owed.directory).origin?.client ?? null] : [],
      ) ?? [],
  );
}

export function askerOf(session: string, way: Way): Asker {
  return { session: basename(session), way };
}

/** Carries out what needs no telling: settles, and takes settled notes off the list. Returns the move. */
export function advance(owed: OwedNotice, asker: Asker, heard = ''): NoticeMove {
  const move = moveOf(owed, asker, heard);
  if (move.kind === 'settle') settleNotice(owed.directory, { by: move.by, at: now() });
  if (move.kind === 'settle' || (move.kind === 'none' && move.why === 'settled'))
    forgetNote(owed.session, owed.jobId);
  return move;
}

/** How the job ended, committed here if nobody else has; null while it lives. A damaged one says so and is passed over. */
export function outcomeOf(owed: OwedNotice): JobOutcome | null {
  const committed = orPassOver(owed.jobId, () => readOutcome(owed.directory), saysNothing);
  return committed ?? readingOf(owed)?.facts.outcome ?? null;
}

export function readingOf(owed: OwedNotice): JobReading | null {
  if (!existsSync(jobFiles(owed.directory).request)) return null;
  return orPassOver(owed.jobId, () => readJob(owed.layout, owed.jobId)) ?? null;
}

/** Whether the teller lives is looked at before whether it has spoken: the dead write nothing. */
export function tellingsOf(root: string, directory: string, records: TellingRecord[]): Telling[] {
  return records.map(({ notice, at, way, session: { host, sessionId }, teller }, index) => {
    const number = index + 1;
    const listener = sessionDirectory(root, host, sessionId);
    const life = liveness(teller);
    const said = wasSaid(directory, number);
    const open = standingOf(listener) === 'open';
    return { number, notice, at, way, session: basename(listener), open, teller: life, said };
  });
}

export function anyReceived(records: TellingRecord[], tellings: Telling[], heard = ''): boolean {
  return records.some((record, index) => tellings[index]?.said === true && isReceived(record, heard));
}

function isReceived({ notice, transcript }: TellingRecord, heard: string): boolean {
  if (heard.includes(notice)) return true;
  return transcript !== null && transcriptHolds(transcript.path, transcript.offset, notice);
}

/**
 * A session that never comes back leaves nothing for ever: notes of jobs that are gone or settled go, and what nobody
 * came for expires. By the session's directory.
 */
export function tidyNotes(root: string, session: string): void {
  for (const owed of owedNotices(root, session))
    if (!owed.elsewhere) orPassOver(owed.jobId, () => tidyNote(session, owed));
}

function tidyNote(session: string, owed: OwedNotice): void {
  if (isGone(owed)) {
    forgetNote(session, owed.jobId);
    return;
  }
  advance(owed, askerOf(session, 'start'));
  if (standingOf(session) === 'open' || readSettlement(owed.directory)) return;
  const outcome = outcomeOf(owed);
  if (!outcome || !hasExpired(outcome.finishedAt, now())) return;
  settleNotice(owed.directory, { by: 'expired', at: now() });
  forgetNote(session, owed.jobId);
}

/** And not only unreadable: a live job that is listed is ended by the sweep of its workspace, and its end is told. */
function isGone({ directory, layout, jobId }: OwedNotice): boolean {
  if (existsSync(join(directory, 'request.json'))) return unacceptedRequest(layout, jobId) !== undefined;
  return !liveJobs(readState(layout)).some(({ id }) => id === jobId);
}
