import { onReaderGone } from '../../../process/platform/output-reader.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import type { Call } from '../command.ts';
import {
  EXIT_DONE,
  EXIT_OUTPUT_CLOSED,
  exitOfSignal,
  WAITER_SIGNALS,
  type WaiterSignal,
} from '../exit-codes.ts';
import { OutputClosed } from '../output.ts';

/**
 * Notes signals until they are asked for, so that one that comes while a job is being enqueued does not leave it there
 * with nobody told of it.
 */
export function holdSignals(): { release: () => WaiterSignal | undefined } {
  let first: WaiterSignal | undefined;
  const note = (signal: NodeJS.Signals) => {
    first ??= signal as WaiterSignal;
  };
  for (const signal of WAITER_SIGNALS) process.on(signal, note);
  return {
    release: () => {
      for (const signal of WAITER_SIGNALS) process.off(signal, note);
      return first;
    },
  };
}

const UNREAD = 'nobody reads its output';

/** Runs a wait; a signal or a reader's death ends the wait, never the jobs, and that is said. */
export async function whileWaiting<T>(
  call: Call,
  jobs: FoundJob[],
  wait: () => Promise<T>,
  held?: WaiterSignal,
): Promise<T> {
  const sayThatTheyGoOn = (why: string) => {
    const ids = jobs.map((job) => job.id);
    const stop = ids.map((id) => call.out.command('cancel', id)).join('; ');
    const goOn = ids.length === 1 ? 'goes on' : 'go on';
    call.out.talk(`Only the wait has ended (${why}); ${ids.join(', ')} ${goOn}. To stop: ${stop}`);
  };
  const leave = (signal: WaiterSignal): never => {
    sayThatTheyGoOn(signal);
    process.exit(exitOfSignal(signal));
  };
  if (held) leave(held);
  using _ = onReaderGone(() => {
    sayThatTheyGoOn(UNREAD);
    process.exit(call.out.slash ? EXIT_DONE : EXIT_OUTPUT_CLOSED);
  });
  const listeners = WAITER_SIGNALS.map((signal) => {
    const listener = () => leave(signal);
    process.on(signal, listener);
    return { signal, listener };
  });
  try {
    return await wait();
  } catch (error) {
    if (error instanceof OutputClosed) sayThatTheyGoOn(UNREAD);
    throw error;
  } finally {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  }
}
