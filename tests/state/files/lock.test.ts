import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { CompanionError } from '../../../scripts/domain/base/errors.ts';
import { withLock } from '../../../scripts/state/files/lock.ts';
import { assertNoneLeft } from '../../support/leaks.ts';
import { scratch } from '../../support/scratch.ts';

const CONTENDER = join(import.meta.dirname, '../../support/scenarios/contender.ts');
const DEAD_LOCK_ROUNDS = 5;
const CONTENDERS = 6;
const UPDATES_EACH = 40;

type Contender = ChildProcessByStdio<null, Readable, null>;

function contender(...args: string[]): Contender {
  return spawn(process.execPath, ['--import', 'tsx', CONTENDER, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function holding(lock: string): Promise<Contender> {
  const holder = contender('hold', lock);
  await once(holder.stdout, 'data');
  return holder;
}

async function killed(child: Contender): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('contenders at the lock of a killed holder: none is inside with another, and no update is lost', async () => {
  using folder = scratch('lock');
  const lock = join(folder.path, 'state.lock');
  const counter = join(folder.path, 'counter');
  writeFileSync(counter, '0');
  for (let round = 1; round <= DEAD_LOCK_ROUNDS; round++) {
    await killed(await holding(lock));
    assert.equal(readdirSync(lock).length, 1, 'the dead holder is still in the lock');
    const crowd = Array.from({ length: CONTENDERS }, () =>
      contender('count', lock, counter, String(UPDATES_EACH)),
    );
    const said = await Promise.all(crowd.map((one) => text(one.stdout)));
    assert.deepEqual(said, Array(CONTENDERS).fill('doubles=0\n'));
    assert.equal(Number(readFileSync(counter, 'utf8')), round * CONTENDERS * UPDATES_EACH);
  }
  assert.equal(existsSync(lock), false, 'the last one removed the lock');
  assert.deepEqual(readdirSync(folder.path), ['counter']);
  await assertNoneLeft(folder.path);
});

test('a holder that is stopped but alive is never overtaken, and the error names it', async () => {
  using folder = scratch('lock');
  const lock = join(folder.path, 'state.lock');
  const holder = await holding(lock);
  holder.kill('SIGSTOP');
  try {
    await assert.rejects(
      withLock(lock, { patienceMs: 300 }, () => {}),
      (error) =>
        error instanceof CompanionError &&
        error.code === 'state-locked' &&
        error.message.includes(`process ${holder.pid}`),
    );
    assert.equal(readdirSync(lock).length, 1);
  } finally {
    await killed(holder);
  }
  let entered = false;
  await withLock(lock, { patienceMs: 300 }, () => {
    entered = true;
  });
  assert.equal(entered, true, 'free once the holder is dead');
  await assertNoneLeft(folder.path);
});

test('a holder that cannot be judged from here blocks, and the error says where it lives', async () => {
  using folder = scratch('lock');
  const lock = join(folder.path, 'state.lock');
  const holder = await holding(lock);
  const [name = ''] = readdirSync(lock);
  await killed(holder);
  const elsewhere = name.replace(/^holder\.[^.]+/, 'holder.0000000000000000');
  renameSync(join(lock, name), join(lock, elsewhere));
  await assert.rejects(
    withLock(lock, { patienceMs: 100 }, () => {}),
    /on another machine or in another container/,
  );
  await assertNoneLeft(folder.path);
});

test('an error inside leaves the lock free', async () => {
  using folder = scratch('lock');
  const lock = join(folder.path, 'state.lock');
  await assert.rejects(
    withLock(lock, { patienceMs: 100 }, () => {
      throw new Error('inside');
    }),
    /inside/,
  );
  assert.equal(existsSync(lock), false);
});

test('two updates of one process wait for each other', async () => {
  using folder = scratch('lock');
  const lock = join(folder.path, 'state.lock');
  const order: string[] = [];
  await Promise.all(
    ['a', 'b', 'c'].map((one) =>
      withLock(lock, { patienceMs: 5_000 }, () => {
        order.push(one);
      }),
    ),
  );
  assert.deepEqual([...order].sort(), ['a', 'b', 'c']);
});
