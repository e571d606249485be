import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killIfThere } from '../../../support/leaks.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace } from '../../../support/world.ts';

test('a place in which nothing can be written is said, with what to do', async () => {
  await using world = await aWorkspace();
  const { code, stdout } = await world.cliWith({ env: { CODEX_COMPANION_HOME: '/dev/null' } }, 'doctor');
  assert.equal(code, 0);
  assert.match(
    stdout,
    /\/dev\/null cannot be written \(E\w+ at \/dev\/null\), so that no job can be started: .*CODEX_COMPANION_HOME/,
  );
  assert.doesNotMatch((await world.cli('doctor')).stdout, /no job can be started/);
});

test('a job whose recorder is gone is not counted as live, and a sweep records it', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '60');
  await until('its command runs', () =>
    world.processes().some(({ command }) => command.includes('sleep 60')),
  );
  for (const { pid } of world.processes()) killIfThere(pid);
  await until('all of it is gone', () => world.processes().length === 0);
  const { workspaces, problems } = (await world.cli('doctor', '--json')).json;
  assert.deepEqual([workspaces[0].liveJobs, workspaces[0].lostJobs], [0, 1]);
  assert.deepEqual(lost(problems), [
    `${id} has lost its recorder: codex-companion sweep records how it ended.`,
  ]);
  await world.cli('sweep');
  assert.deepEqual(lost((await world.cli('doctor', '--json')).json.problems), []);
});

const lost = (problems: string[]) => problems.filter((one) => one.includes('recorder'));
