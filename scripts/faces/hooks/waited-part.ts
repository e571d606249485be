import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { quoted } from '../../domain/shell/quote.ts';
import { jobFiles } from '../../state/job/job-directory.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { isShorter, readBytes } from '../../state/log/log.ts';
import { type JobReading, readJob } from '../../use-cases/reading/read-job.ts';

/**
 * The part of a promoted command that the agent's shell would have waited for (`npm run dev & sleep 2; curl …`): the
 * job's shell leaves a mark when that has ended, two lines with its status and its directory. Until then the job's output
 * goes to the agent, as it would have.
 */

const CHUNK_BYTES = 1 << 16;
const PAUSE_MS = 40;
/** How often it is looked whether there can be a mark: the job may have been stopped, or the session be over. */
const LOOKS_PER_READING = 10;

/** The job's text with the mark left where the waited part has ended. */
export function withMark(text: string, at: number, mark: string): string {
  const line = `; { printf '%s\\n%s\\n' "$ccj_status" "$PWD" >${quoted(mark)}; } 2>/dev/null`;
  return text.slice(0, at) + line + text.slice(at);
}

/** Copies the job's output to `write` until the mark is there, or the job has ended. Returns where the job stands. */
export async function followWaitedPart(
  layout: WorkspaceLayout,
  jobId: string,
  mark: string,
  write: (chunk: Buffer) => Promise<void>,
): Promise<JobReading> {
  const { log } = jobFiles(jobDirectory(layout, jobId));
  let offset = 0;
  for (let look = 1; ; look++) {
    // Before the output is read: what was written until the mark is in the log by then.
    const isOver = isMarked(mark) || (look % LOOKS_PER_READING === 0 && !canStillCome(layout, jobId, mark));
    if (isShorter(log, offset)) offset = 0;
    for (let chunk = readBytes(log, offset, CHUNK_BYTES); chunk.length > 0; ) {
      await write(chunk);
      offset += chunk.length;
      chunk = readBytes(log, offset, CHUNK_BYTES);
    }
    if (isOver) return readJob(layout, jobId);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function canStillCome(layout: WorkspaceLayout, jobId: string, mark: string): boolean {
  return existsSync(dirname(mark)) && readJob(layout, jobId).state.stage !== 'finished';
}

function isMarked(mark: string): boolean {
  try {
    return /^\d+\n.*\n$/s.test(readFileSync(mark, 'utf8'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
