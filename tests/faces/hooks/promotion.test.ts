/** Commands of the agent that start something in the background, from the hook to the job. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { identify, ownIdentity } from '../../../scripts/process/identity.ts';
import { AgentShell } from '../../support/hosts/agent-shell.ts';
import { callHook, endingJobs } from '../../support/hosts/hooks.ts';
import { missing, onPath, shells } from '../../support/shells.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const silent = { code: 0, stdout: '', stderr: '' };

/** All jobs of the workspace, oldest first. */
async function jobs(world: World) {
  const { json } = await world.cli('status', '--all', '--json');
  return [...json.running, ...(json.latestFinished ? [json.latestFinished] : []), ...json.recent].sort(
    (one, other) => (one.createdAt < other.createdAt ? -1 : 1),
  );
}

async function onlyJob(world: World) {
  const all = await jobs(world);
  assert.equal(all.length, 1);
  return all[0];
}

const outputOf = (job: { logFile: string }) => readFileSync(job.logFile, 'utf8');

for (const program of ['/bin/bash', onPath('zsh') ?? 'zsh']) {
  test(`in ${program} a command with an & at its end becomes a job of its session`, {
    skip: existsSync(program) ? false : `no ${program} on this machine`,
  }, async () => {
    await using world = await aWorkspace();
    await using _jobs = endingJobs(world);
    const shell = await AgentShell.of(world, program);
    assert.deepEqual(await shell.before('sleep 300 &', { description: 'Serve it' }), silent);
    const { code, stdout, stderr } = await shell.run('sleep 300 &');
    assert.deepEqual([code, stderr, shell.directory], [0, '', world.workspace]);
    const job = await onlyJob(world);
    assert.match(stdout, new RegExp(`it runs as a tracked job: ${job.id}\n`));
    for (const verb of ['logs', 'wait', 'status', 'cancel'])
      assert.ok(stdout.includes(`codex-companion ${verb} ${job.id}`), verb);
    assert.deepEqual(
      [job.background, job.sessionId, job.host, job.agentId, job.title, job.summary, job.cwd],
      [true, 'session-1', 'claude-code', null, 'Serve it', 'sleep 300', world.workspace],
    );
    const ended = await world.cli('cancel', job.id, '--json');
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal((await onlyJob(world)).status, 'cancelled');
    assert.deepEqual(readdirSync(shell.tickets), []);
  });
}

test('the job has the functions and aliases, the variables and the directory that the command would have had', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  const command = `again 'a  b' "$VALUE" "$#" && pwd &`;
  await shell.before(command, {}, { input: { agent_id: 'agent-7' } });
  await shell.run(command, { VALUE: "it's" });
  const job = await onlyJob(world);
  await world.untilStage(job.id, 'finished');
  assert.equal(outputOf(job), `hello, a  b it's 0\n${world.workspace}\n`);
  assert.equal((await onlyJob(world)).agentId, 'agent-7');
});

const odd = {
  quotes: `printf '%s\\n' 'it'"'"'s' "a \\"b\\"" \\' &`,
  'two lines': `printf '%s\\n' one\nprintf '%s\\n' two &`,
  'a here-document': `cat <<'X' &\n$HOME 'q' "q" \\ \`q\`\nX\n`,
  'a text that ends in a line break': 'echo here &\n',
  'what is more than ASCII': `echo 'ÄÖ 日本 👍' &`,
};

test('what a command says, it does as a job', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  for (const [name, command] of Object.entries(odd)) {
    const plain = await world.startWith({ program: ['/bin/bash', '-c', `${command}\nwait`] }).ended;
    const { stdout } = await shell.call(command);
    const [, id = ''] = /tracked job: (\S+)/.exec(stdout) ?? [];
    await world.untilStage(id, 'finished');
    assert.equal((await world.cli('logs', id, '--raw')).stdout, plain.stdout, name);
  }
});

test('what is not in the background is waited for: its output, its status and its directory are the shell’s', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const shell = await AgentShell.of(world);
  mkdirSync(join(world.workspace, 'app'));
  const command = 'cd app; { echo listening; sleep 300; } & sleep 0.3; echo "asked in $(basename "$PWD")"';
  const first = await shell.call(command);
  const job = await onlyJob(world);
  const [head, ...rest] = first.stdout.split('\n');
  assert.equal(
    head,
    `codex-companion: this command starts something in the background, so it runs as a tracked job: ${job.id}`,
  );
  assert.deepEqual(rest.slice(0, 4), [
    'listening',
    'asked in app',
    '',
    `codex-companion: what is in the background goes on as ${job.id}.`,
  ]);
  assert.deepEqual([first.code, shell.directory, job.status], [0, join(world.workspace, 'app'), 'running']);
  const second = await shell.call('true & sh -c "exit 7"');
  const ended = (await jobs(world)).find(({ id }) => id !== job.id);
  assert.deepEqual(
    [second.code, (await world.untilStage(ended.id, 'finished')).facts.outcome?.exitCode],
    [7, 7],
  );
  assert.deepEqual(readdirSync(shell.tickets), []);
});

const untouched: Record<
  string,
  [command: string, fields?: Record<string, unknown>, input?: Record<string, unknown>]
> = {
  'two commands, the second if the first succeeds': ['echo a && echo b'],
  redirections: ['{ echo a; echo b >&2; } >both.txt 2>&1; cat both.txt; echo c &> c.txt; echo d |& cat'],
  'quotes and comments': [`echo 'a &' "b &" c\\& # &`],
  'the host’s own background': ['echo a; sleep 0.1 &', { run_in_background: true }],
  'our own program': ['codex-companion wait run-1 2>&1 | cat >/dev/null & wait'],
  'another tool': ['echo a &', {}, { tool_name: 'Other' }],
};

test('every other command is left as it is', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  for (const [name, [command, fields = {}, input = {}]] of Object.entries(untouched)) {
    assert.deepEqual(await shell.before(command, fields, { input }), silent, name);
    assert.equal(existsSync(shell.tickets), false, name);
    const plain = await world.startWith({ program: ['/bin/bash', '-c', command] }).ended;
    const { code, stdout, stderr } = await shell.run(command);
    assert.deepEqual([code, stdout, stderr], [plain.code, plain.stdout, plain.stderr], name);
  }
  assert.deepEqual(await jobs(world), []);
});

for (const shell of shells) {
  test(`where sh is ${shell.name} a command without background syntax costs no node, and one with it does`, {
    skip: missing(shell),
  }, async () => {
    await using world = await aWorkspace();
    const tools = join(world.folder, 'tools');
    mkdirSync(tools);
    const called = join(world.folder, 'called');
    writeFileSync(join(tools, 'node'), `#!/bin/sh\ncat >>'${called}'\n`);
    writeFileSync(
      join(tools, 'sh'),
      `#!/bin/sh\nexec ${shell.asSh ? `${onPath('busybox')} sh` : shell.program} "$@"\n`,
    );
    if (shell.asSh && shell.program === 'bash')
      writeFileSync(join(tools, 'sh'), '#!/bin/sh\nexec bash --posix "$@"\n');
    for (const tool of ['node', 'sh']) chmodSync(join(tools, tool), 0o755);
    const env = { PATH: `${tools}:${world.env.PATH}` };
    const agent = await AgentShell.of(world);
    const free = ['ls -l', 'a && b', 'a >x 2>&1', 'a &>x', 'a |& b', 'a <&3 && b 2>&1 | c', ''];
    for (const command of free) {
      assert.deepEqual(await agent.before(command, {}, { env }), silent, command);
      assert.equal(existsSync(called), false, command);
    }
    for (const command of ['a &', 'a 2>&1 &', 'a&b', 'a && b &', '(a &)']) {
      await agent.before(command, {}, { env });
      const told = readFileSync(called, 'utf8');
      assert.ok(told.includes(JSON.stringify(command)), command);
    }
  });
}

test('a ticket is no permission: where the host refused the command, nothing else runs as that job', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  await shell.before('touch refused &');
  const others = [
    'echo one; echo "$#" "$0"',
    `echo 'touch refused &'`,
    `eval 'touch other &'; wait`,
    'local x=1; echo $?',
  ];
  for (const command of others) {
    const plain = await world.startWith({ program: ['/bin/bash', '-c', command] }).ended;
    const { code, stdout } = await shell.run(command);
    assert.deepEqual([code, stdout], [plain.code, plain.stdout], command);
  }
  assert.deepEqual(await jobs(world), []);
  assert.equal(existsSync(join(world.workspace, 'refused')), false);
});

test('what stands in the tickets’ directory is never run', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  await shell.before('echo mine &');
  for (const name of readdirSync(shell.tickets)) {
    const forged = name.endsWith('.json')
      ? readFileSync(join(shell.tickets, name), 'utf8').replaceAll('echo mine', 'touch forged')
      : '$(touch forged)';
    writeFileSync(join(shell.tickets, name), forged);
  }
  writeFileSync(join(shell.tickets, 'shell.sh'), 'touch forged');
  assert.equal((await shell.run('echo yours')).stdout, 'yours\n');
  assert.equal((await shell.run('echo mine & wait')).stdout, 'mine\n');
  assert.deepEqual([await jobs(world), existsSync(join(world.workspace, 'forged'))], [[], false]);
});

test('where the host is not to be seen above the shell, as in its sandbox, the command runs as it is', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  for (const client of [identify(1), { ...ownIdentity(), pidNamespace: 'pid:[1]' }]) {
    await shell.before('echo here & wait $!');
    assert.equal(existsSync(shell.tickets), false, 'it looks after its own');
    await shell.before('sh -c "echo here" &');
    for (const name of readdirSync(shell.tickets).filter((one) => one.endsWith('.json'))) {
      const path = join(shell.tickets, name);
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), client }));
    }
    assert.equal((await shell.run('sh -c "echo here" &')).stdout, 'here\n');
    rmSync(shell.tickets, { recursive: true });
  }
  assert.deepEqual(await jobs(world), []);
});

test('the same command twice at once becomes two jobs, one of each asker', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  const command = 'echo done &';
  const agents = ['agent-1', 'agent-2'];
  for (const agent_id of agents) await shell.before(command, {}, { input: { agent_id } });
  await Promise.all(agents.map(() => shell.run(command)));
  const found = await jobs(world);
  assert.deepEqual(found.map(({ agentId }) => agentId).sort(), agents);
  for (const { id } of found) await world.untilStage(id, 'finished');
});

test('where no job can be started the command runs as it is, and one line says why', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  await shell.before('touch ran &');
  const { code, stderr } = await shell.run('touch ran &', { CODEX_COMPANION_HOME: '/dev/null/state' });
  assert.match(stderr, /^codex-companion: Cannot write \/dev\/null\/state[^\n]*\n$/);
  assert.equal(code, 0);
  await until('the command has run', () => existsSync(join(world.workspace, 'ran')));
});

test('setup switches it off and on for all workspaces, and off costs no node', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  const off = await world.cli('setup', '--promote-background', 'off');
  assert.match(off.stdout, /^- commands in the background: stay as they are$/m);
  const tools = join(world.folder, 'tools');
  mkdirSync(tools);
  writeFileSync(join(tools, 'node'), `#!/bin/sh\n: >'${join(world.folder, 'called')}'\n`);
  chmodSync(join(tools, 'node'), 0o755);
  const env = { PATH: `${tools}:${world.env.PATH}` };
  assert.deepEqual(await shell.before('echo a &', {}, { env, stdin: 'open' }), silent);
  assert.equal(existsSync(join(world.folder, 'called')), false);
  assert.equal((await shell.run('echo a & wait')).stdout, 'a\n');
  const wrong = await world.cli('setup', '--promote-background', 'maybe');
  assert.equal(wrong.code, 2, wrong.stderr);
  const on = (await world.cli('setup', '--promote-background', 'on', '--json')).json;
  assert.deepEqual([on.promoteBackground, on.actionsTaken.length], [true, 1]);
  assert.match((await shell.call('echo a &')).stdout, /tracked job/);
  await world.untilStage((await onlyJob(world)).id, 'finished');
});

test('tickets that nobody took go with their session, and old ones by themselves', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  await shell.before('echo old &');
  const yesterday = Date.now() / 1000 - 25 * 3600;
  for (const name of readdirSync(shell.tickets)) utimesSync(join(shell.tickets, name), yesterday, yesterday);
  await shell.before('echo new &');
  const left = readdirSync(shell.tickets).filter((name) => name.endsWith('.command'));
  assert.deepEqual(
    left.map((name) => readFileSync(join(shell.tickets, name), 'utf8')),
    ['echo new &'],
  );
  for (const session of ['../../..', 'a/b', '']) await callHook(world, { event: 'SessionEnd', session });
  assert.ok(existsSync(shell.tickets));
  await callHook(world, { event: 'SessionEnd' });
  assert.equal(existsSync(shell.tickets), false);
});
