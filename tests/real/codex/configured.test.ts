/** What the configuration of a user and of an organisation asks of a job on the real Codex. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { long } from '../../support/long.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { mustSucceed, run } from '../../support/real/run.ts';
import { type CodexWorld, codexWorld } from '../../support/real/world.ts';

const clients = await installClients();
/** Longer than any limit of ours was. */
const slowSeconds = long ? 40 : 6;

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  test(`a required MCP server that takes ${slowSeconds} s is waited for, and the progress names it`, async () => {
    await using world = await codexWorld(clients);
    const server = join(world.account.home, 'slow.mjs');
    writeFileSync(server, SLOW_SERVER);
    const command = `command = ${JSON.stringify(process.execPath)}\nargs = [${JSON.stringify(server)}, "${slowSeconds}"]`;
    const settings = 'required = true\nstartup_timeout_sec = 120';
    appendFileSync(
      join(world.account.home, '.codex/config.toml'),
      `\n[mcp_servers.slow]\n${command}\n${settings}\n`,
    );
    const { jobId, rawOutput } = await world.ask('task', '[[say:at last]]');
    assert.equal(rawOutput, 'at last');
    const { stdout } = await world.cli('logs', jobId);
    assert.match(stdout, /Codex is starting its MCP servers: slow\.\n.*Thread \S+ is ready\./);
    await nothingIsLeft(world);
  });

  test('where requirements.toml does not allow never, tasks and reviews work, and setup tells their policy', {
    skip: !mayMount() && 'no mount namespace can be made here',
  }, async () => {
    await using world = await codexWorld(clients);
    world.codexModel.script({ say: 'SAID' });
    const companion = await withRequirements(
      world,
      'allowed_approval_policies = ["untrusted", "on-request"]\n',
    );
    const { stdout } = await companion('setup');
    assert.match(stdout, /^- approval policy of tasks: on-request, as requirements\.toml/m);
    const task = await companion('task', 'Say it.');
    assert.match(task.stdout, /SAID/, task.stderr);
    writeFileSync(join(world.workspace, 'README.md'), '# A project\n\nWith a flaw.\n');
    world.codexModel.script({ say: 'ONE-FINDING' });
    const review = await companion('review');
    assert.match(review.stdout, /ONE-FINDING/, review.stderr);
    await nothingIsLeft(world);
  });
}

/** Our command line where `/etc` holds, besides what programs need, the requirements of an organisation. */
async function withRequirements(world: CodexWorld, requirements: string) {
  const etc = join(world.account.root, 'etc');
  mkdirSync(join(etc, 'codex'), { recursive: true });
  for (const name of ['passwd', 'group', 'hosts', 'nsswitch.conf', 'ld.so.cache'])
    if (existsSync(`/etc/${name}`)) copyFileSync(`/etc/${name}`, join(etc, name));
  writeFileSync(join(etc, 'codex/requirements.toml'), requirements);
  return async (...args: string[]) => {
    const there = [
      ...IN_A_NAMESPACE,
      `mount --bind '${etc}' /etc && exec "$0" "$@"`,
      world.companion,
      ...args,
    ];
    return mustSucceed(
      args.join(' '),
      await run('unshare', there, { cwd: world.workspace, env: world.codex.env }),
    );
  };
}

const IN_A_NAMESPACE = ['--user', '--map-root-user', '--mount', 'sh', '-c'];

function mayMount(): boolean {
  try {
    execFileSync('unshare', [...IN_A_NAMESPACE, 'mount --bind /tmp /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // another platform, or one that forbids it
  }
}

const SLOW_SERVER = `
import { createInterface } from 'node:readline';
const answer = (id, result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const serverInfo = { name: 'slow', version: '1' };
  const hello = () => answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo });
  if (method === 'initialize') setTimeout(hello, process.argv[2] * 1000);
  else if (method === 'tools/list') answer(id, { tools: [] });
  else if (id !== undefined) answer(id, {});
});
`;
