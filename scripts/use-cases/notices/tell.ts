import { randomBytes } from 'node:crypto';
import { isToldEnough, type Way } from '../../domain/notice/notice.ts';
import { type NoticeItem, noticeText } from '../../domain/notice/notice-text.ts';
import { now } from '../../process/clock.ts';
import { ownIdentity } from '../../process/identity.ts';
import { claimTelling, markSaid, unmarkSaid } from '../../state/job/notice-files.ts';
import { sessionDirectory } from '../../state/layout.ts';
import { readNote } from '../../state/session/clients.ts';
import type { SessionName } from '../../state/session/owned-jobs.ts';
import { transcriptSize } from '../../state/session/transcript.ts';
import { uncarriedIn, uncarriedTold } from '../../state/workspace/uncarried.ts';
import { removedWorktrees } from '../../state/worktrees.ts';
import { orPassOver } from '../reading/one-of-many.ts';
import { LINES_MS, linesOf } from './lines.ts';
import { advance, askerOf, listOwed, type OwedNotice, readingOf } from './owed.ts';

/** Who is to be told, and how. */
export interface Listener {
  root: string;
  session: SessionName;
  way: Way;
  /** of the session, where the receipt will stand; null where the host named none */
  transcriptPath: string | null;
  /** what the host has just passed on: a receipt may stand in it */
  heard?: string;
}

/** Notices that this process alone tells now. */
export interface Bundle {
  text: string;
  jobIds: string[];
  /** To be called right before the host gets the text: from here on it may have been heard. */
  said(): void;
  /** The host has refused the text after all. */
  unsaid(): void;
}

interface Taken {
  owed: OwedNotice;
  number: number;
  mayRepeat: boolean;
}

/**
 * Settles what has been heard, and claims all that is due to a session. Undefined where nothing is; `contested` where
 * another process is telling some of it at this moment.
 */
export function takeNotices(listener: Listener): { bundle: Bundle | undefined; contested: boolean } {
  const { root, session, heard } = listener;
  const notice = `n-${BigInt(`0x${randomBytes(6).toString('hex')}`)
    .toString(36)
    .padStart(10, '0')}`;
  const directory = sessionDirectory(root, session.host, session.sessionId);
  const taken: Taken[] = [];
  let contested = false;
  let record: ReturnType<typeof recordOf> | undefined;
  const take = (owed: OwedNotice) => {
    const move = advance(owed, askerOf(directory, listener.way), heard);
    contested ||= move.kind === 'none' && move.why === 'being-told';
    if (move.kind !== 'tell') return;
    record ??= recordOf(listener, notice);
    const { number, mayRepeat } = move;
    if (claimTelling(owed.directory, number, record)) taken.push({ owed, number, mayRepeat });
    else contested = true;
  };
  const { notices, beyond } = listOwed(root, directory);
  for (const owed of notices) orPassOver(owed.jobId, () => take(owed));
  if (taken.length === 0) return { bundle: undefined, contested };
  const more = { beyond, places: placesOf(root, directory) };
  return { bundle: bundleOf(notice, taken, more, isPublic(listener.way)), contested };
}

function recordOf({ session, way, transcriptPath }: Listener, notice: string) {
  const { host, sessionId } = session;
  const transcript = transcriptPath && { path: transcriptPath, offset: transcriptSize(transcriptPath) };
  const teller = ownIdentity();
  return { notice, at: now(), way, session: { host, sessionId }, teller, transcript: transcript || null };
}

/** A message for a host's queue is an argument of its program, which every user of the machine can read. */
function isPublic(way: Way): boolean {
  return way === 'queue';
}

/** The directories of a session's workspace and of its removed worktrees, where those are counted that are owed no more. */
function placesOf(root: string, session: string): string[] {
  const own = readNote(session)?.workspaceDirectory;
  if (own === undefined) return []; // no hook has noted the session
  return [own, ...removedWorktrees(root, own).map(({ directory }) => directory)];
}

interface More {
  /** how many more are owed */
  beyond: number;
  /** where more are counted */
  places: readonly string[];
}

function bundleOf(notice: string, taken: Taken[], { beyond, places }: More, isPublic: boolean): Bundle {
  const until = performance.now() + LINES_MS;
  const items = taken.flatMap((one) => orPassOver(one.owed.jobId, () => itemOf(one, until, isPublic)) ?? []);
  const counted = places
    .map((place) => ({ place, count: uncarriedIn(place) }))
    .filter(({ count }) => count > 0);
  const uncarried = counted.reduce((sum, { count }) => sum + count, 0);
  return {
    text: noticeText(notice, items, beyond + uncarried),
    jobIds: taken.map(({ owed }) => owed.jobId),
    said: () => {
      for (const { owed, number } of taken) orPassOver(owed.jobId, () => markSaid(owed.directory, number));
      for (const { place } of counted) uncarriedTold(place, isToldEnough);
    },
    unsaid: () => {
      for (const { owed, number } of taken) orPassOver(owed.jobId, () => unmarkSaid(owed.directory, number));
    },
  };
}

function itemOf({ owed, mayRepeat }: Taken, until: number, isPublic: boolean): NoticeItem[] {
  const facts = readingOf(owed)?.facts;
  if (!facts?.outcome) return [];
  const { request, outcome } = facts;
  const { jobId, elsewhere } = owed;
  const base = { jobId, outcome, mayRepeat, elsewhere };
  if (isPublic) return [{ ...base, what: null, counts: null, failures: [], lines: [] }];
  const what = request.summary === '' ? request.title : `${request.title}: ${request.summary}`;
  return [{ ...base, what, ...linesOf(facts, until) }];
}
