import { CompanionError } from '../../domain/base/errors.ts';
import type { JobDraft, JobInput } from '../../use-cases/jobs/enqueue.ts';

/**
 * How a foreground command gives a job to the process that enqueues it: one line of JSON on its stdin, and behind it the
 * bytes that the command is to read; an open file instead of bytes is its descriptor 3.
 */
const DESCRIPTOR = 3;

interface HandedOver {
  draft: JobDraft;
  input: 'none' | 'descriptor' | 'bytes';
}

export function handedOver(draft: JobDraft, given: JobInput | undefined): Uint8Array {
  const bytes = given instanceof Uint8Array ? given : new Uint8Array();
  const input = given === undefined ? 'none' : typeof given === 'number' ? 'descriptor' : 'bytes';
  return Buffer.concat([Buffer.from(`${JSON.stringify({ draft, input } satisfies HandedOver)}\n`), bytes]);
}

/** Our own parent wrote it this moment; the worker checks the request that becomes of it. */
export function takeOver(bytes: Buffer): { draft: JobDraft; input: JobInput | undefined } {
  const end = bytes.indexOf('\n');
  const { draft, input } = lineIn(bytes.toString('utf8', 0, end === -1 ? bytes.length : end));
  const given = { none: undefined, descriptor: DESCRIPTOR, bytes: bytes.subarray(end + 1) };
  return { draft, input: given[input] };
}

function lineIn(text: string): HandedOver {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CompanionError('usage', 'There is no draft of a job on stdin.', { cause });
  }
}
