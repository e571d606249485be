import { clip } from '../../domain/text/clip.ts';
import { countsText } from '../../domain/text/counts.ts';
import { briefBlock } from '../../domain/text/extract.ts';
import { legible } from '../../domain/text/legible.ts';
import { plain } from '../../domain/text/shorten.ts';
import { lookInto } from '../../state/log/digest.ts';
import { isShorter, logSize, readBytes, readTail } from '../../state/log/log.ts';

/** One line of progress.jsonl, which a Codex job's worker writes. */
export interface ProgressEvent {
  at: string;
  phase: string;
  message: string;
}

const PREVIEW_LINES = 5;
const PREVIEW_CHARACTERS = 200;
const TAIL_BYTES = 8_192;
const CHUNK_BYTES = 65_536;

/** The last few events, oldest first. */
export function lastProgress(file: string): ProgressEvent[] {
  return readTail(file, TAIL_BYTES).split('\n').flatMap(parseEvent).slice(-PREVIEW_LINES);
}

/** The last few lines of a shell job's output, as a terminal would show them. */
export function logPreview(file: string): string[] {
  const bytes = readBytes(file, Math.max(0, logSize(file) - TAIL_BYTES), TAIL_BYTES);
  return legible(bytes)
    .replace(/^\uFFFD+/, '')
    .split('\n')
    .map((line) => clip(line.trimEnd(), PREVIEW_CHARACTERS))
    .filter(Boolean)
    .slice(-PREVIEW_LINES);
}

/** What the logs of all ended commands in one answer may take, and one of them: milliseconds. So much of each is searched. */
const ALL_MS = 500;
const EXTRACT_MS = 200;
let leftMs = ALL_MS;
const EXTRACT_BYTES = 256 * 1024;
const EXTRACT = { characters: 4_000, lines: 4 * PREVIEW_LINES };

/** Of a command that did not complete: how many failed, and the first failures in a line each; else its last lines, the last of which tells most. */
export function failurePreview(file: string, base: string): { lines: string[]; says: string | null } {
  const begun = performance.now();
  const { counts, blocks } = lookInto(file, {
    ...{ characters: 0, scanBytes: EXTRACT_BYTES, until: begun + Math.min(EXTRACT_MS, leftMs) },
    extract: { ...EXTRACT, base, failed: true },
  }).extract;
  leftMs = Math.max(0, leftMs - (performance.now() - begun));
  const sum = counts && countsText(counts);
  if (blocks.length === 0) {
    const lines = logPreview(file);
    return { lines, says: sum ?? lines.at(-1) ?? null };
  }
  const told = [...(sum ? [sum] : []), ...blocks.map((block) => clip(briefBlock(block), PREVIEW_CHARACTERS))];
  return { lines: told.slice(0, PREVIEW_LINES), says: told[0] ?? null };
}

/** Reads progress.jsonl on from where it stopped the last time, whole lines only. */
export class ProgressReader {
  readonly #file: string;
  #offset = 0;
  #rest = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  next(): ProgressEvent[] {
    if (isShorter(this.#file, this.#offset)) [this.#offset, this.#rest] = [0, Buffer.alloc(0)];
    const bytes = readBytes(this.#file, this.#offset, CHUNK_BYTES);
    this.#offset += bytes.length;
    const all = Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(0x0a) + 1;
    this.#rest = all.subarray(end);
    const events = all.subarray(0, end).toString('utf8').split('\n').flatMap(parseEvent);
    return bytes.length === CHUNK_BYTES ? [...events, ...this.next()] : events;
  }
}

/** Nothing for half a line at the start of a tail, or at the end of what is being written. */
function parseEvent(line: string): ProgressEvent[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return []; // a line that its writer was killed in, or that is still being written: talk, not truth
  }
  if (typeof value !== 'object' || value === null || !('message' in value)) return [];
  const { at, phase, message } = value as Record<string, unknown>;
  return [{ at: String(at ?? ''), phase: String(phase ?? ''), message: plain(String(message)) }];
}
