import { readdirSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { NotPlain, readRange, withPlainFile } from '../../state/files/plain-file.ts';
import { fields, text } from '../wire/protocol.ts';

/**
 * A thread's rollout is the file in which Codex itself keeps what happens on it, one JSON object a line. A call of a
 * tool stands in it before the tool is begun, and stays there when Codex is killed; `item/started` is told after the
 * process of a command has come to be, and thread/read tells only what has ended (0.154 and 0.169: docs/broker.md).
 */
export interface RolloutMark {
  /** null: Codex names none, as for a thread that it does not keep */
  path: string | null;
  /** its bytes when the thread was opened; 0 where it did not exist yet */
  size: number;
  /** when that was, milliseconds since 1970 */
  at: number;
}

/** To be made before the turn is asked for. */
export function markRollout(path: string | null): RolloutMark {
  return { path, size: path === null ? 0 : orIfMissing(0, () => statSync(path).size), at: Date.now() };
}

/**
 * True where Codex's own record proves that no tool was called since the mark. Everything else is false: a call, a
 * record that is missing or not understood. To be asked when its app-server is gone: until then it may write.
 * @param turnId the turn that was begun since; null where none is known of
 */
export function nothingCalled(mark: RolloutMark, threadId: string, turnId: string | null): boolean {
  const { path, size } = mark;
  if (path === null) return false;
  const own = linesFrom(path, size);
  if (own === undefined || !own.every(isHarmless)) return false;
  if (turnId !== null && !own.some(({ payload }) => text(fields(payload).turn_id) === turnId)) return false;
  // A review runs on a thread of its own, whose rollout names the one that it is for.
  return agentsOf(mark, threadId).every((agent) => linesFrom(agent, 0)?.every(isHarmless) ?? false);
}

type Line = Record<string, unknown>;

/** What the model has said is harmless, and so is whatever Codex notes down about it; all else that it said is a call. */
function isHarmless({ type, payload }: Line): boolean {
  return type !== 'response_item' || ['message', 'reasoning'].includes(text(fields(payload).type));
}

/** undefined: it is shorter than it was, or is not what we know. */
function linesFrom(path: string, start: number): Line[] | undefined {
  const added = readFrom(path, start);
  if (added === undefined) return undefined;
  try {
    return added
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => fields(JSON.parse(line)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined; // the last line may have been cut off, and so may be anything
  }
}

/** More than that no turn adds; of what is longer the last line is cut, and so nothing is known. */
const TURN_BYTES = 256 * 1024 * 1024;

/** undefined: it is shorter than that. Codex makes the file with the first turn: where there is none, nothing was begun. */
function readFrom(path: string, start: number, limit = TURN_BYTES): string | undefined {
  try {
    return orIfMissing('', () =>
      withPlainFile(path, { followLinks: true }, ({ fd, stat }) =>
        stat.size < start ? undefined : readRange(fd, start, limit).toString('utf8'),
      ),
    );
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error;
    return undefined; // nothing that Codex wrote
  }
}

/** Rollouts that were written to since the mark and name the thread as their parent. */
function agentsOf({ path, at }: RolloutMark, threadId: string): string[] {
  const folder = dirname(path ?? '');
  return [folder, dayAfter(folder)]
    .flatMap((day) => namesIn(day).map((name) => join(day, name)))
    .filter((file) => modifiedAt(file) >= at - CLOCK_STEP_MS)
    .filter((file) => readFrom(file, 0, HEAD_BYTES)?.includes(`"parent_thread_id":"${threadId}"`));
}

/** A file's time is taken from a coarser clock than ours. */
const CLOCK_STEP_MS = 1_000;
/** The parent stands in the first few hundred bytes. */
const HEAD_BYTES = 16 * 1024;

/** Codex keeps a folder a day, `…/sessions/YYYY/MM/DD`, and an agent may be begun after midnight. */
function dayAfter(folder: string): string {
  const [year, month, day] = folder.split(sep).slice(-3).map(Number);
  const next = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, (day ?? 0) + 1));
  return Number.isNaN(next.valueOf())
    ? folder
    : join(folder, '../../../..', ...next.toISOString().slice(0, 10).split('-'));
}

function namesIn(folder: string): string[] {
  return orIfMissing([], () => readdirSync(folder));
}

function modifiedAt(file: string): number {
  return orIfMissing(0, () => statSync(file).mtimeMs);
}

function orIfMissing<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return otherwise;
  }
}
