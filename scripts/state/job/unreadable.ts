import { basename, dirname } from 'node:path';
import { Malformed, UnknownName } from '../../domain/base/check.ts';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';

/**
 * `gone`: the job's directory or its request is not there, or something else is in its place. `damaged`: its request is no
 * request. Both stay so: nobody will ever read that job again. `refused`: something of it cannot be read now (EIO, EACCES),
 * or one of its smaller files is damaged. `not-known`: a newer version wrote it.
 */
export type WhyUnreadable = 'gone' | 'damaged' | 'refused' | 'not-known';

/** One job that cannot be read, for whatever reason; all others can. */
export class UnreadableJob extends CompanionError {
  readonly why: WhyUnreadable;
  /** what could not be read, absolute: the directory itself, or a file in it */
  readonly file: string;

  constructor(why: WhyUnreadable, file: string, sentence: string, cause?: unknown) {
    super(why === 'not-known' ? 'state-newer' : 'state-unreadable', sentence, { hint: HINTS[why], cause });
    this.why = why;
    this.file = file;
  }
}

const ENDS = 'codex-companion sweep ends it, if it has not ended. The other jobs are not affected.';
const HINTS: Record<WhyUnreadable, string> = {
  gone: ENDS,
  damaged: ENDS,
  refused:
    'The other jobs are not affected. Once nothing of it runs any more, codex-companion sweep ends it, if it has not ended.',
  'not-known': 'Update codex-companion; this version leaves that job as it is.',
};

/** Reads a file of a job, or a part of it. @throws UnreadableJob, or what else of ours forbids to read it */
export function fromJob<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(file, error);
  }
}

export function unreadable(file: string, error: unknown): unknown {
  const isRequest = basename(file) === 'request.json';
  if (error instanceof Malformed || error instanceof SyntaxError) {
    if (error instanceof UnknownName)
      return new UnreadableJob(
        'not-known',
        file,
        `${file} was written by a newer version: ${error.message}.`,
        error,
      );
    const why = isRequest ? 'damaged' : 'refused';
    return new UnreadableJob(why, file, `${file} is damaged: ${error.message}.`, error);
  }
  const code = systemCode(error);
  if (error instanceof CompanionError || code === undefined) return error;
  if (isRequest && (code === 'ENOENT' || code === 'ENOTDIR'))
    return new UnreadableJob(
      'gone',
      file,
      `The job ${nameOf(file)} is not there any more: no ${file}.`,
      error,
    );
  const why = isRequest && ['EISDIR', 'ELOOP', 'ENXIO'].includes(code) ? 'damaged' : 'refused';
  return new UnreadableJob(why, file, `Cannot read ${file} (${code}).`, error);
}

function nameOf(file: string): string {
  return basename(dirname(file));
}
