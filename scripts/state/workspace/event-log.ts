import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { aCount, aRecord, aString, Malformed } from '../../domain/base/check.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import { type Recalled, recall } from '../../domain/workspace/events.ts';
import type { JobEvent } from '../../domain/workspace/job-event.ts';
import { notWritable, removeIfAny, syncDirectory, writeAll } from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import type { WorkspaceLayout } from '../layout.ts';
import { logSize, readBytes } from '../log/log.ts';

/**
 * The events of a workspace, a JSON line each, numbered by the bytes before them since the first one. They lie in pieces
 * of a few megabytes: `events.jsonl`, and after that `events.<number of its first byte>.jsonl`; old pieces go. Only what
 * lies before the length in state.json exists: whoever dies between the two has told nothing.
 */

interface Piece {
  file: string;
  /** the number of its first byte */
  base: number;
}

export interface PieceLimits {
  /** a piece that has grown beyond it is followed by the next one */
  bytes: number;
  /** how many stay */
  pieces: number;
}

const LIMITS: PieceLimits = { bytes: 4 << 20, pieces: 4 };
const CHUNK_BYTES = 1 << 18;

/** Oldest first. */
function piecesOf(layout: WorkspaceLayout): Piece[] {
  return namesIn(layout.directory)
    .flatMap((name) => {
      const [, base] = /^events(?:\.(\d{1,15}))?\.jsonl$/.exec(name) ?? [undefined, 'none'];
      return base === 'none' ? [] : [{ file: join(layout.directory, name), base: Number(base ?? 0) }];
    })
    .sort((a, b) => a.base - b.base);
}

/**
 * Writes events after the first `end` bytes and returns the new length; on disk when this returns. To be called with the
 * lock held. What lies beyond `end` was never told, and is cut off.
 */
export function appendEvents(
  layout: WorkspaceLayout,
  end: number,
  events: JobEvent[],
  limits: PieceLimits = LIMITS,
): number {
  const pieces = piecesOf(layout);
  for (const { file } of pieces.filter(({ base }) => base > end)) removeIfAny(file);
  const kept = pieces.filter(({ base }) => base <= end);
  const last = kept.at(-1);
  const goesOn = last && end - last.base <= Math.min(logSize(last.file), limits.bytes);
  const piece = goesOn ? last : newPiece(layout, end);
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  try {
    appendAt(piece.file, end - piece.base, text);
    if (!goesOn) {
      syncDirectory(layout.directory);
      for (const { file } of kept.slice(0, Math.max(0, kept.length + 1 - limits.pieces))) removeIfAny(file);
    }
  } catch (error) {
    throw notWritable(piece.file, error);
  }
  return end + Buffer.byteLength(text);
}

function newPiece(layout: WorkspaceLayout, base: number): Piece {
  return { file: join(layout.directory, base === 0 ? 'events.jsonl' : `events.${base}.jsonl`), base };
}

function appendAt(file: string, size: number, text: string): void {
  // O_NONBLOCK: a FIFO in its place is an error (ENXIO), and does not hold us for ever.
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    if (fstatSync(fd).size !== size) ftruncateSync(fd, size);
    writeAll(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** One told event: its number, the number of the next one, and its JSON. */
export interface EventLine {
  seq: number;
  next: number;
  json: string;
}

/**
 * The events from number `from` on, up to the committed length `end`. Throws `events-gone`, with the number to go on
 * from, where they are not kept any more.
 */
export function* readEvents(layout: WorkspaceLayout, from: number, end: number): Generator<EventLine> {
  for (let at = from; at < end; ) {
    const piece = pieceWith(layout, at);
    if (!piece) throw gone(layout, at, end);
    const stop = Math.min(end, piece.base + logSize(piece.file));
    for (const line of linesOf(piece, at, stop)) {
      yield line;
      at = line.next;
    }
    if (at < stop) throw gone(layout, at, end); // half a line, or the piece has gone under us
  }
}

function pieceWith(layout: WorkspaceLayout, at: number): Piece | undefined {
  const piece = piecesOf(layout).findLast(({ base }) => base <= at);
  return piece && at < piece.base + logSize(piece.file) ? piece : undefined;
}

function* linesOf({ file, base }: Piece, from: number, stop: number): Generator<EventLine> {
  let rest: Buffer = Buffer.alloc(0);
  for (let at = from; at < stop; ) {
    const bytes = readBytes(file, at - base, Math.min(CHUNK_BYTES, stop - at));
    if (bytes.length === 0) return;
    let seq = at - rest.length;
    at += bytes.length;
    rest = Buffer.concat([rest, bytes]);
    for (let feed = rest.indexOf(10); feed >= 0; feed = rest.indexOf(10)) {
      const next = seq + feed + 1;
      yield { seq, next, json: rest.toString('utf8', 0, feed) };
      seq = next;
      rest = rest.subarray(feed + 1);
    }
  }
}

/** The number of the oldest event that is kept. */
export function oldestEvent(layout: WorkspaceLayout, end: number): number {
  return Math.min(piecesOf(layout)[0]?.base ?? end, end);
}

function gone(layout: WorkspaceLayout, at: number, end: number): CompanionError {
  const next = piecesOf(layout).find(({ base }) => base > at)?.base ?? end;
  const oldest = Math.min(next, end);
  return new CompanionError('events-gone', `Events ${at} to ${oldest} are not kept any more.`, {
    hint: `codex-companion events --from ${oldest}`,
  });
}

/** Where a line begins at or before `at`, which lies within the events. */
export function beginOfLine(layout: WorkspaceLayout, at: number): number {
  const piece = pieceWith(layout, at);
  if (!piece) return at;
  const back = Math.min(at - piece.base, CHUNK_BYTES);
  const before = readBytes(piece.file, at - back - piece.base, back);
  return at - back + before.lastIndexOf(10) + 1;
}

interface RecalledEvents {
  known: Map<string, Recalled>;
  /** the length up to which the events are whole */
  end: number;
  /** none has been dropped yet */
  complete: boolean;
}

/** All that the events on disk tell, for an index that has to be made anew. */
export function recallEvents(layout: WorkspaceLayout): RecalledEvents {
  const known = new Map<string, Recalled>();
  const pieces = piecesOf(layout);
  let end = 0;
  for (const piece of pieces) {
    end = piece.base;
    for (const line of linesOf(piece, piece.base, piece.base + logSize(piece.file))) {
      const event = eventIn(line.json);
      if (event) recall(known, event);
      end = line.next;
    }
  }
  return { known, end, complete: (pieces[0]?.base ?? 0) === 0 };
}

/** Undefined for a damaged line: the others still count. */
function eventIn(json: string): JobEvent | undefined {
  try {
    const event = aRecord(JSON.parse(json), 'event');
    aString(event.jobId, 'event.jobId');
    for (const field of ['cursor', 'number']) if (field in event) aCount(event[field], `event.${field}`);
    return event as JobEvent;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Malformed) return undefined;
    throw error;
  }
}
