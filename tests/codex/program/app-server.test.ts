/** Starting, watching and ending the app-server process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAppServer } from '../../../scripts/codex/program/app-server.ts';
import { runTurn } from '../../../scripts/codex/turn/turn.ts';
import type { BadLine } from '../../../scripts/codex/wire/json-lines.ts';
import { RpcError } from '../../../scripts/codex/wire/rpc.ts';
import { FakeBench } from '../../support/codex/codex-bench.ts';
import { survivors } from '../../support/leaks.ts';

test('it starts in a session of its own, away from any workspace, and unloads threads at once', async () => {
  await using bench = new FakeBench();
  const server = await bench.server();
  assert.match(server.userAgent, /^codex-companion\/0\.169\.0 /);
  assert.equal(server.codexHome, bench.env.CODEX_HOME);
  const [spawned] = bench.fake.log();
  assert.ok(spawned?.kind === 'spawn');
  assert.deepEqual([spawned.pid, spawned.cwd], [server.pid, '/']);
  assert.equal(spawned.args[0], 'app-server');
  assert.ok(spawned.args.includes('thread_unload_delay_secs=0'));
  const [hello] = bench.fake.requests('initialize');
  assert.deepEqual(hello, {
    clientInfo: { name: 'codex-companion', title: 'Codex Companion', version: '0.0.0' },
    capabilities: { experimentalApi: true, requestAttestation: false },
  });
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  assert.equal(await server.closed, 'codex app-server exited with status 0');
});

test('one that is mute at initialize is ended, and the error says so', async () => {
  await using bench = new FakeBench({ mute: 'initialize' });
  await assert.rejects(bench.server({ stepMs: 200 }), {
    code: 'codex-failed',
    message: 'codex app-server did not start: No answer to initialize within 0.2 s.',
  });
  assert.deepEqual(survivors(bench.folder), []);
});

test('one that dies at initialize tells its last words', async () => {
  await using bench = new FakeBench({ dieOn: 'initialize' });
  await assert.rejects(bench.server(), {
    code: 'codex-failed',
    message: /exited with status 101 \(thread 'main' panicked at initialize\)$/,
  });
});

test('a program that cannot be started is missing', async () => {
  const program = { command: '/nowhere/codex', args: [], environment: {}, kind: 'native' as const };
  const options = { program, environment: {}, workspaceRoot: null, clientVersion: '0' };
  await assert.rejects(startAppServer(options), {
    code: 'codex-missing',
    message: /Cannot start \/nowhere\/codex/,
  });
});

test('one that ignores the end of its input is ended by signals', async () => {
  await using bench = new FakeBench();
  const server = await bench.server();
  process.kill(server.pid, 'SIGSTOP');
  const { signal } = await server.stop();
  assert.equal(signal, 'SIGKILL');
});

test('its overload is waited out', async () => {
  await using bench = new FakeBench({ overloaded: { 'thread/start': 3, 'turn/start': 1 } });
  const result = await runTurn(await bench.server(), bench.task('[[say:at last]]'));
  assert.deepEqual([result.status, result.finalMessage], ['completed', 'at last']);
  assert.equal(bench.fake.requests('thread/start').length, 4);
});

test('a turn waits for one that is overloaded longer than its requests are repeated', async () => {
  await using bench = new FakeBench({ overloaded: { 'turn/start': 11 } });
  const result = await runTurn(await bench.server(), bench.task('[[say:at last]]'));
  assert.deepEqual([result.status, result.finalMessage], ['completed', 'at last']);
});

test('other errors are not repeated', async () => {
  await using bench = new FakeBench({ refuse: { 'thread/start': { code: -32_600, message: 'no' } } });
  const server = await bench.server();
  await assert.rejects(
    server.request('thread/start', {}),
    new RpcError('thread/start', -32_600, 'no', undefined),
  );
  const result = await runTurn(server, bench.task('[[say:x]]'));
  assert.deepEqual([result.cause, result.reason], ['refused', 'Codex refused thread/start: no']);
  assert.equal(bench.fake.requests('thread/start').length, 2);
});

test('lines that are no message and very long ones do no harm', async () => {
  await using bench = new FakeBench();
  const bad: BadLine[] = [];
  const server = await bench.server({ onBadLine: (line) => bad.push(line) });
  const result = await runTurn(server, bench.task('[[foreign]][[big:20000000]]'));
  assert.deepEqual([result.status, result.finalMessage.length], ['completed', 20_000_000]);
  assert.deepEqual(
    bad.map(({ reason, excerpt }) => [reason, excerpt]),
    [
      ['not-json', '\ufffd\ufffd\0'],
      ['not-json', 'WARNING: this is no message'],
      ['not-json', '{"half": '],
      ['not-a-message', '[1,2]'],
    ],
  );
});
