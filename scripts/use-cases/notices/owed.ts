import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ProcessIdentity, sameProcess } from '../../domain/base/identity.ts';
import { compareText } from '../../domain/base/order.ts';
import type { JobOutcome } from '../../domain/job/evidence.ts';
import { timeInId } from '../../domain/job/kinds.ts';
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
import { type Former, formerSessions } from '../../state/session/heirs.ts';
import { forgetNote, notedIds, noteOf, notesOf, type OwnedJob } from '../../state/session/owned-jobs.ts';
import { standingOf } from '../../state/session/session-record.ts';
import { transcriptHolds } from '../../state/session/transcript.ts';
import { readState } from '../../state/workspace/store.ts';
import { addUncarried } from '../../state/workspace/uncarried.ts';
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

/** So many of what lives, and of what has ended, are looked at in one go, however many there are. */
const LOOKED_AT = 40;

/** A note that was not read: who has it, and for whose jobs alone it counts (as in Former). */
interface NamedNote extends Former {
  id: string;
}

export interface OwedList {
  /** the newest, newest first: so many as a hook has time for */
  notices: OwedNotice[];
  /** how many that have ended are older than those */
  beyond: number;
}

/** The newest of what is owed to a session and to those whose notices it takes; by its directory. Ended or not. */
export function owedNotices(root: string, session: string): OwedNotice[] {
  return listOwed(root, session).notices;
}

/** The same, with a count of the rest. */
export function listOwed(root: string, session: string): OwedList {
  const own = { directory: session, workspaceDirectory: null };
  const living: NamedNote[] = [];
  const ended: NamedNote[] = [];
  for (const from of [own, ...formerSessions(session)]) {
    const { jobs, owed } = namesFor(from);
    living.push(...jobs.map((id) => ({ ...from, id })));
    ended.push(...owed.map((id) => ({ ...from, id })));
  }
  for (const list of [living, ended]) list.sort((a, b) => newestFirst(a.id, b.id));
  const beyond = Math.max(0, ended.length - LOOKED_AT);
  const notices = [...living.slice(0, LOOKED_AT), ...ended.slice(0, LOOKED_AT)].flatMap(
    ({ directory, id }) => {
      const note = noteOf(directory, id);
      return note ? [owedBy(root, directory, note, session)] : [];
    },
  );
  notices.sort((a, b) => newestFirst(a.jobId, b.jobId));
  return { notices, beyond };
}

function newestFirst(a: string, b: string): number {
  return timeInId(b) - timeInId(a) || compareText(a, b);
}

function namesFor({ directory, workspaceDirectory }: Former): ReturnType<typeof notedIds> {
  const names = notedIds(directory);
  if (workspaceDirectory === null) return names;
  const isMeant = (id: string) => noteOf(directory, id)?.workspaceDirectory === workspaceDirectory;
  return { jobs: names.jobs.filter(isMeant), owed: names.owed.filter(isMeant) };
}

/** @param owner the directory of the session that has the note */
function owedBy(root: string, owner: string, note: OwnedJob, asking: string): OwedNotice {
  const layout = layoutAt(root, '', note.workspaceDirectory);
  const directory = jobDirectory(layout, note.id);
  return { jobId: note.id, layout, directory, session: owner, elsewhere: owner !== asking };
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
  return owedNotices(root, session).some((owed) => isDue(owed, asker));
}

/** The clients that have asked for what is due to a session, each once: each is rung for by its own doorbell. */
export function askersOfDue(root: string, session: string): (ProcessIdentity | null)[] {
  const asker = askerOf(session, 'wake');
  const due = owedNotices(root, session).filter((owed) => isDue(owed, asker));
  const clients = due.flatMap(
    ({ jobId, directory }) => orPassOver(jobId, () => [readRequest(directory).origin?.client ?? null]) ?? [],
  );
  return clients.filter((client, index) => clients.findIndex((other) => isSame(client, other)) === index);
}

function isDue(owed: OwedNotice, asker: Asker): boolean {
  return orPassOver(owed.jobId, () => moveOf(owed, asker).kind === 'tell') ?? false;
}

function isSame(a: ProcessIdentity | null, b: ProcessIdentity | null): boolean {
  return a && b ? sameProcess(a, b) : a === b;
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
  const isOpen = standingOf(session) === 'open';
  for (const note of notesOf(session)) {
    const isRead = orPassOver(note.id, () => {
      tidyNote(owedBy(root, session, note, session), isOpen);
      return true;
    });
    // A damaged one tells no end, and hooks would look at it for ever.
    if (!isRead && !isOpen && hasExpired(new Date(timeInId(note.id)).toISOString(), now()))
      forgetNote(session, note.id);
  }
}

function tidyNote(owed: OwedNotice, isOpen: boolean): void {
  if (isGone(owed)) {
    forgetNote(owed.session, owed.jobId);
    return;
  }
  advance(owed, askerOf(owed.session, 'start'));
  if (isOpen || readSettlement(owed.directory)) return;
  const outcome = outcomeOf(owed);
  if (!outcome || !hasExpired(outcome.finishedAt, now())) return;
  settleNotice(owed.directory, { by: 'expired', at: now() });
  forgetNote(owed.session, owed.jobId);
}

/**
 * Of what sessions that are over are owed in one workspace, no more is carried on by name than a hook looks at: the newest. What is
 * older is settled, and what of that nobody was told is told as a number.
 */
export function settleUncarried(root: string, sessions: readonly string[]): void {
  const owed = sessions
    .filter((session) => standingOf(session) === 'over')
    .flatMap((session) => notedIds(session).owed.map((id) => ({ session, id })))
    .sort((a, b) => newestFirst(a.id, b.id));
  const carried = new Map<string, number>();
  const uncarried = new Map<string, number>();
  for (const { session, id } of owed) {
    const note = noteOf(session, id);
    if (!note) continue;
    const { workspaceDirectory } = note;
    const count = (carried.get(workspaceDirectory) ?? 0) + 1;
    carried.set(workspaceDirectory, count);
    if (count <= LOOKED_AT) continue;
    const counts = orPassOver(id, () => settleUntold(owedBy(root, session, note, session)));
    if (counts) uncarried.set(workspaceDirectory, (uncarried.get(workspaceDirectory) ?? 0) + 1);
  }
  for (const [workspaceDirectory, count] of uncarried) addUncarried(workspaceDirectory, count);
}

/** Returns whether it was settled here, and nobody had been told. */
function settleUntold({ directory, session, jobId }: OwedNotice): boolean {
  const wasTold = wasSaid(directory, 1);
  const isOurs = settleNotice(directory, { by: wasTold ? 'unconfirmed' : 'expired', at: now() });
  forgetNote(session, jobId);
  return isOurs && !wasTold;
}

/** And not only unreadable: a live job that is listed is ended by the sweep of its workspace, and its end is told. */
function isGone({ directory, layout, jobId }: OwedNotice): boolean {
  if (existsSync(join(directory, 'request.json'))) return unacceptedRequest(layout, jobId) !== undefined;
  return !liveJobs(readState(layout)).some(({ id }) => id === jobId);
}
