import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

test('the log comes out byte for byte, whatever is in it', async () => {
  await using world = await aWorkspace();
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
  const id = await printing(world, bytes);
  const script = `'${process.execPath}' '${join(world.bundles, 'companion.cjs')}' logs ${id} --raw | od -An -v -tx1`;
  const { stdout } = await world.cliWith({ program: ['sh', '-c', script] });
  assert.equal(stdout.replace(/\s/g, ''), bytes.toString('hex'));
});

test('a cursor goes on where the last answer ended, and never cuts a character', async () => {
  await using world = await aWorkspace();
  const [source, gate] = [join(world.workspace, 'source'), join(world.workspace, 'gate')];
  const text = 'aä€😀'.repeat(50);
  const bytes = Buffer.from(text);
  writeFileSync(source, '');
  const id = await world.run(
    'sh',
    '-c',
    `tail -f -c +1 ${source} & until [ -e ${gate} ]; do sleep 0.02; done; kill $!`,
  );
  let [read, cursor] = ['', 0];
  for (let at = 0; at < bytes.length; at += 77) {
    appendFileSync(source, bytes.subarray(at, at + 77));
    await until('some of it can be read', async () => {
      const { json } = await world.cli('logs', id, '--since', String(cursor), '--json');
      assert.doesNotMatch(json.text, /\uFFFD/);
      assert.equal(json.done, false);
      read += json.text;
      cursor = json.cursor;
      return cursor > at;
    });
  }
  writeFileSync(gate, '');
  await world.cli('wait', id);
  const { json } = await world.cli('logs', id, '--since', String(cursor), '--json');
  assert.deepEqual([read + json.text, json.cursor, json.done], [text, bytes.length, true]);
});

test('--tail of a log that is one endless line shows its end, and says so', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'yes é | tr -d "\\n" | head -c 9000001; printf "\\nlast"');
  await world.untilStage(id, 'finished');
  const two = await world.cli('logs', id, '--tail', '2');
  const shown = Buffer.byteLength(two.stdout);
  assert.ok(shown <= 4 * 1024 * 1024 + 3 && shown > 4_000_000, `${shown} bytes`);
  assert.match(two.stdout.slice(0, 10), /^é+$/);
  assert.match(two.stderr, /The last lines are very long: shown is the log's end from byte \d+ on\./);
  const one = await world.cli('logs', id, '--tail', '1');
  assert.deepEqual([one.stdout, one.stderr], ['last', '']);
});

test('--tail gives the last lines', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'for n in 1 2 3 4 5; do echo line $n; done; printf unfinished');
  await world.cli('wait', id);
  assert.equal((await world.cli('logs', id, '--tail', '2')).stdout, 'line 5\nunfinished');
  assert.equal((await world.cli('logs', id, '--tail', '0')).stdout, '');
  assert.equal((await world.cli('logs', id, '--tail', '99')).stdout.split('\n').length, 6);
});

test('--follow shows what comes and ends with the job, as text and as a line of JSON a piece', async () => {
  await using world = await aWorkspace();
  const gate = join(world.workspace, 'gate');
  const id = await world.run('sh', '-c', `echo one; until [ -e ${gate} ]; do sleep 0.02; done; echo two`);
  const [text, json] = [world.start('logs', id, '--follow'), world.start('logs', id, '-f', '--json')];
  await until('the first line is shown', () => text.stdout === 'one\n' && json.stdout !== '');
  writeFileSync(gate, '');
  assert.equal((await text.ended).stdout, 'one\ntwo\n');
  const pieces = (await json.ended).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(pieces.map((piece) => piece.text).join(''), 'one\ntwo\n');
  assert.deepEqual(
    pieces.map((piece) => piece.done),
    [...pieces.slice(1).map(() => false), true],
  );
});

test('a cursor that is none is a usage error', async () => {
  await using world = await aWorkspace();
  const id = await printing(world, Buffer.from('12345'));
  for (const cursor of ['-1', 'x', '1.5', '1e1'])
    assert.equal((await world.cli('logs', id, `--since=${cursor}`)).code, 2, cursor);
  assert.equal((await world.cli('logs', id, '--since', '5')).code, 0);
});

/** The id of a finished job that printed these bytes. */
async function printing(world: World, bytes: Buffer): Promise<string> {
  writeFileSync(join(world.workspace, 'bytes'), bytes);
  const id = await world.run('cat', 'bytes');
  await world.cli('wait', id);
  return id;
}

test('it is readable unless --raw asks for the bytes: no colours, the last state of a bar, no binary', async () => {
  await using world = await aWorkspace();
  const text = '\x1b[32mgreen\x1b[0m\n 10%\r 50%\r100%\n\x1b]0;title\x07_\bB\n';
  const id = await printing(world, Buffer.from(text));
  assert.equal((await world.cli('logs', id)).stdout, 'green\n100%\nB\n');
  assert.equal((await world.cli('logs', id, '--raw')).stdout, text);
  const image = await printing(world, BINARY);
  assert.match(
    (await world.cli('logs', image)).stdout,
    /^\[binary, 4,096 bytes, begins 80 01 00 ff .* …\]\n$/,
  );
  assert.equal((await world.cli('logs', id, '--json')).json.text, text);
});

test('a place in the log is opened with --since and --limit, and what follows is named', async () => {
  await using world = await aWorkspace();
  const id = await printing(world, Buffer.from('one\ntwo\nthree\n'));
  const first = await world.cli('logs', id, '--since', '4', '--limit', '4');
  assert.deepEqual(
    [first.stdout, first.stderr],
    ['two\n', `there are 6 bytes more; to go on: codex-companion logs ${id} --since 8\n`],
  );
  const rest = await world.cli('logs', id, '--since', '8');
  assert.deepEqual([rest.stdout, rest.stderr], ['three\n', '']);
  const { json } = await world.cli('logs', id, '--since', '4', '--limit', '4', '--json');
  assert.deepEqual(json, { jobId: id, text: 'two\n', cursor: 8, size: 14, done: false });
  for (const wrong of [
    ['--limit', '0'],
    ['--limit', '5', '--follow'],
    ['--limit', '5', '--until', 'x'],
  ])
    assert.equal((await world.cli('logs', id, ...wrong)).code, 2, wrong.join(' '));
});

const BINARY = Buffer.from(Array.from({ length: 4096 }, (_, index) => [0x80, 1, 0, 0xff][index % 4] ?? 0));

test('one binary line, or one message in another encoding, hides nothing else, in the log as in its result', async () => {
  await using world = await aWorkspace();
  const gbk = Buffer.from('b4edcef3a3bacec4bcfeb2bbb4e6d4da0a', 'hex');
  const lines = ['begin\n', BINARY.subarray(0, 40), '\nERROR: the disk is full\n', gbk, 'end\n'];
  const id = await printing(world, Buffer.concat(lines.map((one) => Buffer.from(one))));
  for (const args of [
    ['logs', id],
    ['result', id],
    ['status', id],
  ]) {
    const { stdout } = await world.cli(...args);
    if (args[0] !== 'status')
      assert.match(stdout, /begin\n[\s\S]*ERROR: the disk is full\n.*\uFFFD.*\nend\n/, args[0]);
    assert.doesNotMatch(stdout, /binary.*\n(?![\s\S]*ERROR)/, args[0]);
  }
  assert.match((await world.cli('logs', id)).stdout, /begin\n\[binary, 41 bytes, begins 80 01 .*\]\nERROR/);
});
