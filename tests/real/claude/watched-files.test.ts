/** Two plugins in the real Claude Code, which keeps one list of watched files: neither ends the other's watch. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installClients } from '../../support/real/clients.ts';
import { assertDelivered, gatedJob } from '../../support/real/notices.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();
const skip = 'skip' in clients ? clients.skip : tmuxMissing();

interface OtherPlugin {
  folder: string;
  /** which it has watched */
  file: string;
  /** how often each of its hooks was called */
  calls(event: string): number;
}

/** As the ones of direnv and mise: a file is watched from the start on, and its own hooks ask for that alone again. */
function anotherPlugin(world: RealWorld): OtherPlugin {
  const folder = world.account.path('another-plugin');
  const [file, log] = [world.account.path('their.envrc'), world.account.path('their.log')];
  for (const name of ['.claude-plugin', 'hooks']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of [file, log]) writeFileSync(name, '');
  writeFileSync(
    join(folder, '.claude-plugin/plugin.json'),
    JSON.stringify({ name: 'another', version: '1.0.0' }),
  );
  const hook = (event: string) => {
    const output = { hookSpecificOutput: { hookEventName: event, watchPaths: [file] } };
    // Our ring is no affair of theirs.
    const called = `echo ${event} >>'${log}'; echo '${JSON.stringify(output)}'`;
    const command = `case $(cat) in *'"file_path":'*/bells/*) ;; *) ${called} ;; esac`;
    return [{ hooks: [{ type: 'command', command }] }];
  };
  const hooks = Object.fromEntries(
    ['SessionStart', 'CwdChanged', 'FileChanged'].map((event) => [event, hook(event)]),
  );
  writeFileSync(join(folder, 'hooks/hooks.json'), JSON.stringify({ hooks }));
  const calls = (event: string) =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line === event).length;
  return { folder, file, calls };
}

if ('skip' in clients || skip) {
  test('two plugins that have files watched', { skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version}, with a second plugin that has a file watched: after a cd, and after changes of that file, both are called`, async (t) => {
      await using world = await realWorld(clients, program);
      const other = anotherPlugin(world);
      const args = ['--plugin-dir', other.folder];
      await using session = await world.claude.start({ cwd: world.workspace, args });
      const wakes = async () => {
        const job = await gatedJob(world, session);
        job.open();
        await assertDelivered(world, job.id);
      };
      const changes = async () => {
        const before = other.calls('FileChanged');
        appendFileSync(other.file, 'x');
        await until('the other plugin is called for its file', () => other.calls('FileChanged') > before);
      };
      await wakes();
      await world.bash(session, 'mkdir -p sub && cd sub');
      // Seen with 2.1.197, 2.1.329 and 2.1.332: this `cd` of the agent's Bash called no such hook.
      t.diagnostic(`CwdChanged after a cd: ${other.calls('CwdChanged')}`);
      await wakes();
      await changes();
      await wakes();
      await changes();
      await wakes();
      assert.equal(await session.exit(), 0);
    });
  }
}
