import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { ProcessIdentity } from '../../scripts/domain/base/identity.ts';
import { identify, liveness, ownIdentity } from '../../scripts/process/identity.ts';
import { signalFound, signalGroup, signalProcess } from '../../scripts/process/signal.ts';

function sleeper(options: { detached?: boolean } = {}): ChildProcess {
  return spawn('sleep', ['300'], { stdio: 'ignore', ...options });
}

function identityOf(child: ChildProcess): ProcessIdentity {
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  return identity;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

test('a process is signalled when its identity is proven', async () => {
  const child = sleeper();
  assert.equal(signalProcess(identityOf(child), 'SIGTERM'), 'sent');
  await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGTERM');
});

test('a pid that belongs to somebody else by now is never signalled', async () => {
  const child = sleeper({ detached: true });
  const reused = { ...identityOf(child), start: '1' };
  assert.equal(signalProcess(reused, 'SIGKILL'), 'gone');
  assert.equal(signalGroup(reused, 'SIGKILL'), 'gone');
  assert.equal(signalFound(reused.pid, reused.start, 'SIGKILL'), 'gone');
  assert.equal(liveness(identityOf(child)), 'alive');
  await ended(child);
});

test('another machine, boot or pid namespace is never signalled', async () => {
  const child = sleeper({ detached: true });
  const identity = identityOf(child);
  for (const [part, result] of [
    ['machine', 'refused'],
    ['pidNamespace', 'refused'],
    ['boot', 'gone'],
  ] as const) {
    assert.equal(signalProcess({ ...identity, [part]: 'other' }, 'SIGKILL'), result, part);
    assert.equal(signalGroup({ ...identity, [part]: 'other' }, 'SIGKILL'), result, part);
  }
  assert.equal(liveness(identity), 'alive');
  await ended(child);
});

test('pids that name nobody, everybody or ourselves are refused', () => {
  const hostile: unknown[] = [
    0,
    1,
    -1,
    1.5,
    -process.pid,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    '7',
  ];
  for (const pid of hostile) {
    const identity = { ...ownIdentity(), pid: pid as number };
    assert.equal(signalProcess(identity, 'SIGKILL'), 'refused', String(pid));
    assert.equal(signalGroup(identity, 'SIGKILL'), 'refused', String(pid));
  }
  assert.equal(signalProcess(ownIdentity(), 'SIGKILL'), 'refused');
});

test('a process that has ended is gone, also while it is a zombie', async () => {
  const child = sleeper();
  const identity = identityOf(child);
  await ended(child);
  assert.equal(liveness(identity), 'dead');
  assert.equal(signalProcess(identity, 'SIGKILL'), 'gone');
});
