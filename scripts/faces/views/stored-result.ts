import { KINDS } from '../../domain/job/kinds.ts';
import type { Digest } from '../../domain/text/digest.ts';
import { type JobFacts, jobFiles, readResult } from '../../state/job/job-directory.ts';
import { digestLog } from '../../state/log/digest.ts';
import { logSize, readTail } from '../../state/log/log.ts';
import { renderDigest } from './digest-text.ts';

/** As much of a command's output as a foreground answer carries; all of it is in the log file. */
const OUTPUT_BYTES = 256 * 1024;
/** Characters; an agent's tool answer has room for three of these. */
export const DIGEST_CHARACTERS = 8_000;
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

/** What `result` shows of a finished job: for a Codex job what its worker stored, for a command a digest of its log. */
export interface StoredResult {
  /** null where a Codex job ended without any */
  result: object | null;
  rendered: string;
  /** null for a Codex job */
  digest: Digest | null;
}

export function storedResult(
  facts: JobFacts,
  command: (verb: string, ...words: string[]) => string,
  characters = DIGEST_CHARACTERS,
): StoredResult {
  const { request, outcome, directory } = facts;
  if (KINDS[request.kind].resultAs === 'answer') {
    const stored = readResult(directory);
    return { result: stored?.payload ?? null, rendered: stored?.rendered ?? '', digest: null };
  }
  const digest = digestLog(jobFiles(directory).log, { characters, until: performance.now() + SCAN_MS });
  const result = { status: outcome?.exitCode ?? null, ...commandResult(facts, characters), digest };
  return {
    result,
    rendered: renderDigest(digest, (from, length) =>
      command('logs', request.id, '--since', String(from), '--limit', String(length)),
    ),
    digest,
  };
}
