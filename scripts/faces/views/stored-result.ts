import { KINDS } from '../../domain/job/kinds.ts';
import type { Digest } from '../../domain/text/digest.ts';
import type { Extract } from '../../domain/text/extract.ts';
import { type JobFacts, jobFiles, readResult } from '../../state/job/job-directory.ts';
import { lookInto } from '../../state/log/digest.ts';
import { logSize, readTail } from '../../state/log/log.ts';
import { type Open, type Rendered, renderOutput } from './extract-text.ts';

/** As much of a command's output as a foreground answer carries; all of it is in the log file. */
const OUTPUT_BYTES = 256 * 1024;
/** Characters; an agent's tool answer has room for three of these. */
export const DIGEST_CHARACTERS = 8_000;
/** What failed and how it ends has so many lines at that; with all that stands around them a result has 40. */
const EXTRACT_LINES = 30;
/** Longer than that nobody waits for a result; what was not searched by then, the digest says. */
const SCAN_MS = 2_000;

export interface CommandResult {
  /** the end of the output as it is, at most 256 KiB; in `result` no more bytes than the digest has characters */
  rawOutput: string;
  /** true where the output is longer than `rawOutput` */
  truncated: boolean;
  logFile: string;
  touchedFiles: string[];
  reasoningSummary: string[];
}

export function commandResult(facts: JobFacts, bytes = OUTPUT_BYTES): CommandResult {
  const { log } = jobFiles(facts.directory);
  return {
    rawOutput: readTail(log, bytes),
    truncated: logSize(log) > bytes,
    logFile: log,
    touchedFiles: [],
    reasoningSummary: [],
  };
}

/** What `result` shows of a finished job: for a Codex job what its worker stored, for a command what matters of its log. */
export interface StoredResult {
  /** null where a Codex job ended without any */
  result: object | null;
  rendered: string;
  /** null for a Codex job */
  output: Output | null;
}

interface Output extends Rendered {
  digest: Digest;
  extract: Extract;
}

export function storedResult(
  facts: JobFacts,
  command: (verb: string, ...words: string[]) => string,
  characters = DIGEST_CHARACTERS,
): StoredResult {
  const { request, outcome, directory } = facts;
  if (KINDS[request.kind].resultAs === 'answer') {
    const stored = readResult(directory);
    return { result: stored?.payload ?? null, rendered: stored?.rendered ?? '', output: null };
  }
  const completed = outcome?.ending === 'completed';
  const found = lookInto(jobFiles(directory).log, {
    characters,
    until: performance.now() + SCAN_MS,
    extract: { base: request.cwd, failed: !completed, characters, lines: linesFor(characters) },
  });
  const shown = renderOutput(found, completed, openWith(command, request.id));
  const status = outcome?.exitCode ?? null;
  const result = { status, ...commandResult(facts, characters), ...found };
  const { written, after } = shown;
  const rendered = after === '' ? written : `${written}\n\n${after}\n`;
  return { result, rendered, output: { ...found, ...shown } };
}

/** More room has more lines, too. */
function linesFor(characters: number): number {
  return Math.max(EXTRACT_LINES, Math.floor((characters / DIGEST_CHARACTERS) * EXTRACT_LINES));
}

function openWith(command: (verb: string, ...words: string[]) => string, id: string): Open {
  return (from, length) =>
    from === undefined
      ? command('result', id, '--full')
      : command(
          'logs',
          id,
          '--since',
          String(from),
          ...(length === undefined ? [] : ['--limit', String(length)]),
        );
}
