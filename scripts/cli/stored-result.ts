import { isCodexKind } from '../domain/job.ts';
import { type JobFacts, jobFiles, readResult } from '../state/job-directory.ts';
import { logSize, readTail } from '../state/log.ts';

/** As much of a command's output as a result carries; all of it is in the log file. */
const OUTPUT_BYTES = 256 * 1024;

export interface CommandResult {
  /** the end of the output, at most 256 KiB */
  rawOutput: string;
  /** true where the output is longer than `rawOutput` */
  truncated: boolean;
  logFile: string;
  touchedFiles: string[];
  reasoningSummary: string[];
}

export function commandResult(facts: JobFacts): CommandResult {
  const { log } = jobFiles(facts.directory);
  return {
    rawOutput: readTail(log, OUTPUT_BYTES),
    truncated: logSize(log) > OUTPUT_BYTES,
    logFile: log,
    touchedFiles: [],
    reasoningSummary: [],
  };
}

/** What `result` shows of a finished job: for a Codex job what its worker stored, for a command its output. */
export interface StoredResult {
  /** null where a Codex job ended without any */
  result: object | null;
  rendered: string;
}

export function storedResult(facts: JobFacts): StoredResult {
  if (!isCodexKind(facts.request.kind)) {
    const result = commandResult(facts);
    return { result: { status: facts.outcome?.exitCode ?? null, ...result }, rendered: result.rawOutput };
  }
  const stored = readResult(facts.directory);
  return { result: stored?.payload ?? null, rendered: stored?.rendered ?? '' };
}
