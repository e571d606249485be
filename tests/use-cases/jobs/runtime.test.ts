import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** The bundles as another version of the plugin would have them: by the name of their content alone. */
function pluginNamed(world: World, contentId: string): string[] {
  const dist = join(world.folder, contentId);
  cpSync(world.bundles, dist, { recursive: true });
  writeFileSync(join(dist, 'RUNTIME_ID'), `${contentId}\n`);
  return [process.execPath, join(dist, 'companion.cjs')];
}

const UNTIL_GATE_GOES = 'while [ -e gate ]; do sleep 0.05; done; echo end';
const TWO_DAYS_AGO = new Date(Date.now() - 2 * 86_400_000);

async function waitingJob(world: World, program: string[]): Promise<string> {
  world.write('gate', '');
  const args = ['run', '--background', '--json', '--', 'sh', '-c', UNTIL_GATE_GOES];
  const { jobId } = (await world.cliWith({ program }, ...args)).json;
  await world.untilStage(jobId, 'running');
  return jobId;
}

function open(world: World): void {
  rmSync(join(world.workspace, 'gate'));
}

test('a job goes on, and is finished, when the plugin that it was started from is gone', async () => {
  await using world = await aWorkspace();
  const id = await waitingJob(world, pluginNamed(world, '0123456789abcdef'));
  rmSync(join(world.folder, '0123456789abcdef'), { recursive: true });
  open(world);
  // By its own last step, which runs from the copy: nobody else looks at the job.
  const { layout } = world.context();
  const listed = () => readState(layout).jobs.find((job) => job.id === id)?.finished;
  assert.equal((await until('the index has its end', () => listed() ?? false)).ending, 'completed');
});

test('a sweep removes copies that nobody runs from, and never a live job’s or a young one', async () => {
  await using world = await aWorkspace();
  const id = await waitingJob(world, pluginNamed(world, '0123456789abcdef'));
  const runtimes = join(world.stateRoot, 'runtime');
  const [live, idle, young] = ['0123456789abcdef', '00000000000000ff', '00000000000000fe'].map((name) =>
    join(runtimes, name),
  ) as [string, string, string];
  for (const directory of [idle, young]) mkdirSync(directory);
  for (const directory of [live, idle]) utimesSync(directory, TWO_DAYS_AGO, TWO_DAYS_AGO);
  const swept = (await world.cli('sweep', '--json')).json;
  assert.deepEqual(swept.workspaces[0].runtimesRemoved, [idle]);
  assert.deepEqual(
    [live, idle, young].map((directory) => existsSync(directory)),
    [true, false, true],
  );
  open(world);
  await world.cli('wait', id);
  await until('its last step is done', () => world.processes().length === 0);
  await world.cli('sweep');
  assert.ok(!existsSync(live), 'nobody names it any more');
});

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** How others could come to write in a copy. */
const SHARED: Record<string, (directory: string) => void> = {
  'a folder that a group may write': (directory) => chmodSync(directory, 0o770),
  'a file that others may write': (directory) => chmodSync(join(directory, 'worker.mjs'), 0o606),
  'a link in the place of a file': (directory) => {
    rmSync(join(directory, 'worker.mjs'));
    symlinkSync('/dev/null', join(directory, 'worker.mjs'));
  },
  ...(isRoot && {
    'a file of another user': (directory: string) => chownSync(join(directory, 'worker.mjs'), NOBODY, NOBODY),
  }),
};

test('a copy that others could have written is not run: it is copied again, which is said once', async () => {
  await using world = await aWorkspace();
  await world.cli('run', '--', 'true');
  const id = readFileSync(join(world.bundles, 'RUNTIME_ID'), 'utf8').trim();
  const directory = join(world.stateRoot, 'runtime', id);
  for (const [how, share] of Object.entries(SHARED)) {
    writeFileSync(join(directory, 'worker.mjs'), 'process.exit(9)');
    share(directory);
    const { code, stderr } = await world.cli('run', '--background', '--', 'true');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /could be written by others\. It was removed/, how);
    assert.deepEqual(
      readFileSync(join(directory, 'worker.mjs')),
      readFileSync(join(world.bundles, 'worker.mjs')),
      how,
    );
    assert.deepEqual(readdirSync(join(world.stateRoot, 'runtime')), [id]);
    assert.doesNotMatch(
      (await world.cli('run', '--background', '--', 'true')).stderr,
      /written by others/,
      how,
    );
  }
  await until('all have ended', () => world.processes().length === 0);
});
