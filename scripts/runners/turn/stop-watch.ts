import { existsSync, type FSWatcher, watch } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';
import { jobFiles } from '../../state/job/job-directory.ts';

export interface StopWatch {
  /** Aborted when the end was asked for; the reason is a sentence. */
  signal: AbortSignal;
  close(): void;
}

const POLL_MS = 1_000;

/**
 * Sees that the end of this job was asked for: by the file `stop`, or by a signal to this process, as a system that
 * shuts down sends it.
 */
export function watchForStop(directory: string): StopWatch {
  const controller = new AbortController();
  const { stop } = jobFiles(directory);
  const ask = (reason: string) => controller.abort(new Error(reason));
  const look = () => {
    if (existsSync(stop)) ask('The job was asked to stop.');
  };
  const handlers = (['SIGTERM', 'SIGINT', 'SIGHUP'] as const).map((name) => {
    const handler = () => ask(`The worker was ended by ${name}.`);
    process.on(name, handler);
    return { name, handler };
  });
  const watcher = watcherIfAny(directory, look);
  const timer = setInterval(look, POLL_MS);
  look();
  return {
    signal: controller.signal,
    close() {
      watcher?.close();
      clearInterval(timer);
      for (const { name, handler } of handlers) process.off(name, handler);
    },
  };
}

/** Without one (Linux allows a user 128 inotify instances by default) the poll alone sees it, up to a second later. */
function watcherIfAny(directory: string, look: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, look);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
