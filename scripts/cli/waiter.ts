import type { FoundJob } from '../supervisor/find-job.ts';
import type { Call } from './command.ts';
import { exitOfSignal, WAITER_SIGNALS } from './exit-codes.ts';
import { OutputClosed } from './output.ts';

/** Runs a wait; a signal or a closed pipe ends the wait, never the jobs, and that is said. */
export async function whileWaiting<T>(call: Call, jobs: FoundJob[], wait: () => Promise<T>): Promise<T> {
  const sayThatTheyGoOn = (why: string) => {
    const ids = jobs.map((job) => job.id);
    const stop = ids.map((id) => call.out.command('cancel', id)).join('; ');
    const goOn = ids.length === 1 ? 'goes on' : 'go on';
    call.out.talk(`Only the wait has ended (${why}); ${ids.join(', ')} ${goOn}. To stop: ${stop}`);
  };
  const listeners = WAITER_SIGNALS.map((signal) => {
    const listener = () => {
      sayThatTheyGoOn(signal);
      process.exit(exitOfSignal(signal));
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  try {
    return await wait();
  } catch (error) {
    if (error instanceof OutputClosed) sayThatTheyGoOn('nobody reads its output');
    throw error;
  } finally {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  }
}
