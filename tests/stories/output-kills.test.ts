/** What a command writes goes straight into the file: nothing of ours stands between, so nothing of ours can lose a byte. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { jobFiles } from '../../scripts/state/job/job-directory.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** `npm run chaos:output`: 10 GB. */
const OUTPUT_BYTES = Number(process.env.STORY_BYTES ?? 96 * 1024 ** 2);
const KILL_EVERY_MS = Number(process.env.STORY_KILL_MS ?? 150);
const LIMIT_MS = 60 * 60_000;

/** tee gives the same bytes to the log and to the tool that hashes them. */
const COMMAND = `mkfifo copy; sha256sum <copy >sum & head -c ${OUTPUT_BYTES} /dev/urandom | tee copy; wait`;

const READERS = [['wait'], ['logs', '--follow'], ['status', '--wait'], ['status']];

test('every node process of ours SIGKILLed again and again: the log is byte for byte what was written', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', COMMAND);
  const { facts } = await world.untilStage(id, 'running');
  const files = jobFiles(facts.directory);
  let killed = 0;
  await until(
    'the command has ended',
    async () => {
      const readers = READERS.map((verb) => world.startWith({ program: unheard(world) }, ...verb, id));
      await delay(KILL_EVERY_MS);
      killed += killNode(world);
      await Promise.all(readers.map((reader) => reader.ended));
      return statSync(files.exit, { throwIfNoEntry: false });
    },
    LIMIT_MS,
  );
  const { json, code } = await world.cli('wait', '--json', id);
  assert.deepEqual([code, json.jobs[0].outcome.exitCode], [0, 0]);
  assert.equal(statSync(files.log).size, OUTPUT_BYTES);
  const hash = createHash('sha256');
  await pipeline(createReadStream(files.log, { highWaterMark: 1 << 20 }), hash);
  assert.equal(hash.digest('hex'), readFileSync(`${world.workspace}/sum`, 'utf8').split(' ')[0]);
  assert.ok(killed > 0, 'somebody was killed');
  console.log(`${OUTPUT_BYTES} bytes, ${killed} node processes killed`);
});

/** The output of ten gigabytes is not to be collected here. */
function unheard(world: World): string[] {
  return ['sh', '-c', 'exec "$@" >/dev/null', 'sh', process.execPath, join(world.bundles, 'companion.cjs')];
}

function killNode(world: World): number {
  let killed = 0;
  for (const { pid, command } of world.processes()) {
    if (!/(companion|worker)\.[cm]js/.test(command) || command.includes('run-job.sh')) continue;
    try {
      process.kill(pid, 'SIGKILL');
      killed += 1;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended by itself
    }
  }
  return killed;
}
