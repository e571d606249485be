import { appendFileSync } from 'node:fs';
import type { Progress } from '../../codex/turn/record.ts';
import { jobFiles, noteThread } from '../../state/job/job-directory.ts';

/** Tells how the job goes on: a JSON object a line for programs, a readable line for people, and its thread. */
export function progressLog(directory: string): (progress: Progress) => void {
  const { progress: file } = jobFiles(directory);
  let noted = '';
  return (progress) => {
    const { at, message, threadId, turnId = null } = progress;
    appendFileSync(file, `${JSON.stringify(progress)}\n`, { mode: 0o600 });
    console.log(`[${at.slice(11, 19)}] ${message}`);
    if (threadId === undefined || noted === `${threadId} ${turnId}`) return;
    // As soon as it is known: whatever happens to us, somebody can resume the thread.
    noteThread(directory, { threadId, turnId });
    noted = `${threadId} ${turnId}`;
  };
}
