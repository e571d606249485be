/**
 * A process that wants a workspace's lock, for tests of the lock.
 *   contender.ts hold LOCK                 takes it, says "held", and keeps it until killed
 *   contender.ts count LOCK FILE ROUNDS    adds 1 to the number in FILE, ROUNDS times, and says how often two were inside
 */
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { withLock } from '../../../scripts/state/files/lock.ts';

const [mode, lock = '', file = '', rounds = '1'] = process.argv.slice(2);

if (mode === 'hold') {
  await withLock(lock, { patienceMs: 30_000 }, () => {
    writeSync(1, 'held\n');
    // Blocks the whole process: a holder that is alive and does nothing any more.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
} else {
  let doubles = 0;
  for (let round = 0; round < Number(rounds); round++) {
    await withLock(lock, { patienceMs: 120_000 }, () => {
      if (!enter(`${file}.inside`)) doubles++;
      writeFileSync(file, String(Number(readFileSync(file, 'utf8')) + 1));
      leave(`${file}.inside`);
    });
  }
  writeSync(1, `doubles=${doubles}\n`);
}

function enter(guard: string): boolean {
  try {
    closeSync(openSync(guard, 'wx'));
    return true;
  } catch {
    return false;
  }
}

function leave(guard: string): void {
  try {
    unlinkSync(guard);
  } catch {
    // another one, wrongly inside, has removed it: counted by `enter`
  }
}
