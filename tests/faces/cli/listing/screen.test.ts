/** What a person sees of the jobs, on a terminal and in a pipe. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { columnsOf } from '../../../../scripts/faces/cli/render/width.ts';
import { noTerminal, onTerminal, plainText } from '../../../support/terminal.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

const skip = noTerminal;
const COLOURED = /\x1b\[/;

/** One that fails with counts, one that completed, one that its deadline ended, and one that runs and says how far it is. */
async function aDay(world: World): Promise<string> {
  const failing = 'echo "=== 2 failed, 80 passed in 1.20s ==="; exit 1';
  const ended = [
    ['--name', 'pytest', '--', 'sh', '-c', failing],
    ['--', 'true'],
    ['--deadline', '0.2s', '--', 'sleep', '600'],
  ];
  for (const words of ended) await world.cli('run', ...words);
  const step = 'echo "[3/12] 构建"; exec sleep 600';
  const { json } = await world.cli(
    'run',
    '--background',
    '--json',
    '--name',
    '夜间构建',
    '--',
    'sh',
    '-c',
    step,
  );
  await until(
    'it has said something',
    async () => (await world.cli('status', json.jobId, '--json')).json.job.says,
  );
  return json.jobId;
}

test('a job a line, the live ones first, each with its state in a word; at 40 columns as at 200', {
  skip,
}, async () => {
  await using world = await aWorkspace();
  const id = await aDay(world);
  for (const columns of [200, 80, 40]) {
    const screen = plainText(await onTerminal(world, { columns }, 'status'));
    const lines = screen.split('\n');
    for (const line of lines) assert.ok(columnsOf(line) <= columns, `${columns}: ${line}`);
    assert.match(
      screen,
      /^project\s+1 running[\s·]+2 failed today[\s·]+1 ok today\n\n *# {2}NAME +STATE +TIME/,
    );
    const jobs = lines.flatMap(
      (line) => /^(\d) +(\S+) +(\S+ (?:exit \d|\w+))/.exec(line)?.slice(1).join(' ') ?? [],
    );
    assert.deepEqual(jobs, [
      '4 夜间构建 ● running',
      '3 sleep ◷ deadline',
      '2 true ✔ ok',
      '1 pytest ✖ exit 1',
    ]);
    if (columns > 40) assert.match(screen, /\[3\/12\] 构建[\s\S]*2 of 82 tests failed/);
    assert.match(screen, /codex-companion result 3\n/);
  }
  await world.cli('cancel', id);
});

test('colours are for a terminal that has them; no word goes with them', { skip }, async () => {
  await using world = await aWorkspace();
  await world.cli('run', '--', 'false');
  const coloured = await onTerminal(world, { columns: 80 }, 'status');
  assert.match(coloured, /\x1b\[31m✖ exit 1\x1b\[0m/);
  const withoutTimes = (text: string) => plainText(text).replace(/\d+s ago|just now/, '');
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    const plain = await onTerminal(world, { columns: 80, env }, 'status');
    assert.doesNotMatch(plain, COLOURED);
    assert.equal(withoutTimes(plain).replace(/ +/g, ' '), withoutTimes(coloured).replace(/ +/g, ' '));
  }
  const piped = (await world.cli('status')).stdout;
  assert.doesNotMatch(piped, COLOURED);
  assert.match(piped, /✖ exit 1 .*\d{4}-\d\d-\d\dT[\d:.]+Z +run-[a-z0-9-]+ +false/);
});

test('a screen holds no more than it has lines; the rest is counted', { skip }, async () => {
  await using world = await aWorkspace();
  const ids = [];
  for (let nth = 0; nth < 7; nth++)
    ids.push((await world.cli('run', '--background', '--json', '--', 'true')).json.jobId);
  await world.cli('wait', ...ids);
  const screen = plainText(await onTerminal(world, { columns: 80, rows: 14 }, 'status'));
  assert.equal(screen.match(/✔ ok/g)?.length, 6);
  assert.match(screen, /… 1 more +codex-companion status -a/);
  assert.ok(screen.split('\n').length <= 14, screen);
});

test('what runs in other projects is told here, and listed there with -g', async () => {
  await using world = await aWorkspace();
  const other = join(world.folder, 'other');
  mkdirSync(other);
  const { json } = await world.cliWith({ cwd: other }, 'run', '--background', '--json', '--', 'sleep', '600');
  const here = (await world.cli('status')).stdout;
  assert.match(here, /No jobs here\. Start one: .*\n\n1 job in other projects +codex-companion status -g/);
  const all = (await world.cli('status', '--global')).stdout;
  assert.match(all, /^all projects +1 running/);
  assert.match(all, new RegExp(`\n${other}\n1 +sleep +● running .*${json.jobId}`));
  assert.deepEqual(
    (await world.cli('status', '-g', '--json')).json.running.map(({ id }: { id: string }) => id),
    [json.jobId],
  );
  assert.deepEqual((await world.cli('status', '--json')).json.running, []);
  await world.cli('cancel', json.jobId);
});

test('how long a command usually takes is told while it runs', async () => {
  await using world = await aWorkspace();
  const line = 'until [ -e go ]; do sleep 0.05; done';
  world.write('go', '');
  for (let nth = 0; nth < 3; nth++) await world.cli('run', '--shell', line);
  world.git('clean', '-fq');
  const { json } = await world.cli('run', '--background', '--json', '--shell', line);
  await world.untilStage(json.jobId, 'running');
  const { usual } = (await world.cli('status', '--json')).json.running[0];
  assert.equal(usual.runs, 3);
  assert.match(
    (await world.cli('status', json.jobId)).stdout,
    /running for \S+, usually \S+ \(last 3 runs\)/,
  );
  world.write('go', '');
  await world.cli('wait', json.jobId);
});

test('one job shows its processes with their ports, and what an ended one has left', async () => {
  await using world = await aWorkspace();
  const serve = `require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
  const { json } = await world.cli(
    'run',
    '--background',
    '--json',
    '--name',
    'dev',
    '--',
    process.execPath,
    '-e',
    serve,
  );
  const port = await until('it listens', async () => (await world.cli('logs', 'dev')).stdout.trim());
  const screen = (await world.cli('status', 'dev')).stdout;
  assert.match(screen, /^● dev \(1\) {2}running for /);
  assert.match(screen, new RegExp(`process +\\S+ \\(\\d+\\) .* · port ${port}\n`));
  assert.match(screen, /in +\S+\/project, now on main@[0-9a-f]{7}\n/);
  assert.match(screen, new RegExp(`next +logs -f 1 · pause 1 · cancel 1\n +id +${json.jobId}\n$`));
  await world.cli('cancel', 'dev');
  const leaving = await world.run('sh', '-c', 'setsid sleep 600 & exit 3');
  await world.cli('wait', leaving);
  const ended = (await world.cli('status', leaving)).stdout;
  assert.match(ended, /^✖ sh \(2\) {2}exit 3 after /);
  assert.match(ended, /left +sleep \(\d+\): cancel 2 stops them\n/);
  await world.cli('cancel', leaving);
});

test('on a person’s screen a job is named by its name and number, with its id; in a pipe by its id', {
  skip,
}, async () => {
  await using world = await aWorkspace();
  const size = { columns: 100 };
  const started = await onTerminal(world, size, 'run', '--background', '--name', 'dev', '--', 'sleep', '600');
  const id = /run-[a-z0-9]+-[a-z0-9]+/.exec(started)?.[0] ?? assert.fail(started);
  assert.match(
    started,
    new RegExp(`^dev started in the background as 1, ${id}\\.\n.* status 1\n.* logs 1\n.* cancel 1\n$`),
  );
  for (const [verb, said] of [
    ['pause', `Paused dev (1, ${id}).`],
    ['resume', `dev (1, ${id}) goes on.`],
    ['cancel', `Cancelled dev (1, ${id}).`],
    ['wait', `dev (1, ${id}) cancelled after`],
  ] as const)
    assert.ok((await onTerminal(world, size, verb, 'dev')).startsWith(said), verb);
  assert.match((await world.cli('wait', 'dev')).stdout, new RegExp(`^${id} cancelled after`));
});
