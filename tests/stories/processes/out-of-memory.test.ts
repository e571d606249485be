/** A command that the kernel kills for lack of memory, in a real control group; left out where none can be made. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../support/wait.ts';
import { aWorkspace } from '../../support/world.ts';

const LIMIT_BYTES = 256 * 1024 ** 2;
const EATER = 'const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1));';

/** Below our own group, so that nobody else is in it. Undefined where we may not, or the kernel has no such limits. */
function limitedGroup(): string | undefined {
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')) {
    const [, controllers = '', ...path] = line.split(':');
    const isV1 = controllers.split(',').includes('memory');
    if (!isV1 && controllers !== '') continue;
    const group = join(
      '/sys/fs/cgroup',
      isV1 ? 'memory' : '',
      path.join(':'),
      `ccj-${randomBytes(4).toString('hex')}`,
    );
    try {
      mkdirSync(group);
    } catch {
      continue; // read-only, or not ours
    }
    try {
      writeFileSync(join(group, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(LIMIT_BYTES));
      forbidSwap(group);
      return group;
    } catch {
      rmdirSync(group); // no memory controller here
    }
  }
  return undefined;
}

function forbidSwap(group: string): void {
  for (const [file, value] of [
    ['memory.swap.max', '0'],
    ['memory.memsw.limit_in_bytes', String(LIMIT_BYTES)],
  ] as const)
    if (existsSync(join(group, file))) writeFileSync(join(group, file), value);
}

test('a kill for lack of memory is told apart from any other SIGKILL', async (t) => {
  const group = existsSync('/proc/self/cgroup') ? limitedGroup() : undefined;
  if (group === undefined) {
    t.skip('no control group with a memory limit can be made here');
    return;
  }
  await using world = await aWorkspace();
  try {
    // As it is where the whole of an agent stands in a limited group: the wrapper is in it, too.
    const enter = `echo $$ >${group}/cgroup.procs; exec "$@"`;
    const program = ['sh', '-c', enter, 'sh', process.execPath, join(world.bundles, 'companion.cjs')];
    const { json } = await world.cliWith(
      { program },
      ...['run', '--background', '--json', '--', process.execPath, '-e', EATER],
    );
    const { facts } = await world.untilStage(json.jobId, 'finished');
    assert.deepEqual([facts.outcome?.ending, facts.outcome?.signal], ['failed', 'SIGKILL']);
    assert.match(
      facts.outcome?.reason ?? '',
      /^ended by SIGKILL, probably for lack of memory: the kernel killed/,
    );
    const other = await world.run('sh', '-c', 'kill -9 $$');
    const killed = await world.untilStage(other, 'finished');
    assert.equal(killed.facts.outcome?.reason, 'ended by SIGKILL');
  } finally {
    await until('the group is empty', () => readFileSync(`${group}/cgroup.procs`, 'utf8') === '');
    rmdirSync(group);
  }
});
