import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { Malformed } from '../../domain/base/check.ts';
import { anIndexedJob } from '../../domain/workspace/parse-state.ts';
import type { IndexedJob } from '../../domain/workspace/workspace-state.ts';
import { notWritable, writeAll } from '../files/durable.ts';
import type { WorkspaceLayout } from '../layout.ts';
import { readTail } from '../log/log.ts';

/** Every job that has ended, a JSON line each, also those that are no longer listed in state.json, or were removed. */

/** Adds one line, whole or not at all: what a full disk leaves of a line would spoil the next one. */
export function appendHistory(layout: WorkspaceLayout, line: IndexedJob): void {
  try {
    // O_NONBLOCK: a FIFO in its place is an error, and does not hold us for ever.
    const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
    const fd = openSync(layout.historyFile, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0o600);
    try {
      appendWhole(fd, `${JSON.stringify(line)}\n`);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw notWritable(layout.historyFile, error);
  }
}

function appendWhole(fd: number, text: string): void {
  const { size } = fstatSync(fd);
  try {
    writeAll(fd, text);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  }
}

/** About 40,000 jobs; what lies before is found by its id alone. */
const LOOKS_BACK_BYTES = 16 * 1024 ** 2;

/**
 * The jobs in it, oldest end first; of one that has two lines, since a writer was killed, the last.
 * @param bytes how far to look back; Infinity for all of it
 */
export function readHistory(layout: WorkspaceLayout, bytes: number = LOOKS_BACK_BYTES): IndexedJob[] {
  const jobs = readTail(layout.historyFile, bytes).split('\n').flatMap(parsed);
  return [...new Map(jobs.map((job) => [job.id, job])).values()];
}

/** Nothing for the half line at the beginning of a tail, and for one of a kind or host that is not known here. */
function parsed(line: string): IndexedJob[] {
  if (!line.startsWith('{')) return [];
  try {
    return [anIndexedJob(JSON.parse(line), 'history')];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Malformed) return [];
    throw error;
  }
}
