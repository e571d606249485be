import type { Liveness } from '../base/identity.ts';
import type { Timestamp } from '../job/job.ts';

/**
 * A notice: "job X has ended", owed to the session that asked for the job. That it is owed follows from the job's
 * outcome; only tellings and the settlement are recorded, in the job's own directory.
 */

/** How a text reaches the agent. */
export const WAYS = ['wake', 'prompt', 'start', 'stop', 'queue', 'resume'] as const;
export type Way = (typeof WAYS)[number];

/** One try to tell. Claimed exclusively by its number, then marked as said right before the host gets the text. */
export interface Telling {
  number: number;
  /** stands in the text, so that it is recognised in a transcript; shared by all that one text tells */
  notice: string;
  at: Timestamp;
  way: Way;
  /** the session that it was told to, by the name of its directory */
  session: string;
  /** that session is known to be open */
  open: boolean;
  /** of the process that claimed it; looked at before `said`, as the dead write nothing */
  teller: Liveness;
  said: boolean;
}

/**
 * Why nothing is to be told any more: seen in a transcript; the agent read the result itself; told as often as is of
 * use, without a receipt; or nobody came for it.
 */
export const SETTLEMENTS = ['receipt', 'read', 'unconfirmed', 'expired'] as const;
export type SettledBy = (typeof SETTLEMENTS)[number];

/** What `status` and `result` tell of a job's notice. */
export interface NoticeView {
  state: 'owed' | 'told' | 'delivered' | 'read' | 'expired';
  /** how often it was told */
  tellings: number;
  /** when it was told last, or settled */
  at: Timestamp | null;
}

/** The session that asks what is due to it, by the name of its directory, and how it would be told. */
export interface Asker {
  session: string;
  way: Way;
}

export interface NoticeEvidence {
  /** the job has an outcome */
  ended: boolean;
  settled: boolean;
  /** by number */
  tellings: Telling[];
  /** one of the tellings stands in its session's transcript */
  received: boolean;
  asker: Asker;
  now: Timestamp;
}

export type NoticeMove =
  | { kind: 'none'; why: 'not-ended' | 'settled' | 'being-told' | 'awaiting-receipt' }
  | { kind: 'settle'; by: 'receipt' | 'unconfirmed' }
  /** `mayRepeat`: an earlier telling may have been heard */
  | { kind: 'tell'; number: number; mayRepeat: boolean };

/**
 * Nobody is told again while the receipt may be on its way in a session that is open. Milliseconds. A client that was woken in the
 * middle of a long command, or with a dialog open, holds the text until that is over: only a prompt, or a new start,
 * shows that it has gone on without; so does one that was told at its start until its first prompt. Codex keeps what is in its queue until the turn is over, and beyond its own end.
 */
const RECEIPT_GRACE_MS = 30_000;
const WAKE_GRACE_MS = 3_600_000;
/** A teller on another machine cannot be seen: after this long it has told, or will not. Milliseconds. */
const UNPROVABLE_LIMIT_MS = 600_000;
/** Said this often without a receipt, once more would not help. */
const TELLINGS_LIMIT = 3;
/** A notice that no session comes for is dropped this long after the job's end. Milliseconds: 14 days. */
const EXPIRY_MS = 14 * 86_400_000;

/** The one decision about a notice: what is to be done about it now, for the session that asks. */
export function nextMove(evidence: NoticeEvidence): NoticeMove {
  const { tellings, asker, now } = evidence;
  if (evidence.settled) return { kind: 'none', why: 'settled' };
  if (!evidence.ended) return { kind: 'none', why: 'not-ended' };
  if (evidence.received) return { kind: 'settle', by: 'receipt' };
  const last = tellings.at(-1);
  const said = tellings.filter((telling) => telling.said).length;
  const again: NoticeMove = { kind: 'tell', number: (last?.number ?? 0) + 1, mayRepeat: said > 0 };
  if (!last) return again;
  const age = ageOf(last, now);
  if (!last.said) {
    if (last.teller === 'dead') return again; // killed before it told anybody
    if (last.teller === 'alive' || age < UNPROVABLE_LIMIT_MS) return { kind: 'none', why: 'being-told' };
    return { ...again, mayRepeat: true };
  }
  const isOwn = last.session === asker.session;
  const isHeld = [asker.way, last.way].includes('queue') || asker.way === 'wake' || !isOwn;
  const grace = isHeld ? WAKE_GRACE_MS : RECEIPT_GRACE_MS;
  if ((isOwn || last.open) && age < grace) return { kind: 'none', why: 'awaiting-receipt' };
  return isToldEnough(said) ? { kind: 'settle', by: 'unconfirmed' } : again;
}

/** By name, or as one of a number. */
export function isToldEnough(times: number): boolean {
  return times >= TELLINGS_LIMIT;
}

/** A clock that was set back makes nothing young. */
function ageOf(telling: Telling, now: Timestamp): number {
  const age = Date.parse(now) - Date.parse(telling.at);
  return age < 0 ? Number.POSITIVE_INFINITY : age;
}

export function hasExpired(endedAt: Timestamp, now: Timestamp): boolean {
  return Date.parse(now) - Date.parse(endedAt) > EXPIRY_MS;
}

const STATE_OF_SETTLEMENT: Record<SettledBy, NoticeView['state']> = {
  receipt: 'delivered',
  read: 'read',
  unconfirmed: 'told',
  expired: 'expired',
};

/** For people and programs; null for a job that owes nobody a notice. */
export function noticeView(
  settled: { by: SettledBy; at: Timestamp } | null,
  tellings: Telling[],
  owed: boolean,
): NoticeView | null {
  const said = tellings.filter((telling) => telling.said);
  if (settled) return { state: STATE_OF_SETTLEMENT[settled.by], tellings: said.length, at: settled.at };
  const last = said.at(-1);
  if (last) return { state: 'told', tellings: said.length, at: last.at };
  return owed ? { state: 'owed', tellings: 0, at: null } : null;
}
