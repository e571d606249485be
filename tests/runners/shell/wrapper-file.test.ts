/** What the wrapper is told by its file: every word of the command arrives, and nobody sees it on its command line. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { survivors } from '../../support/leaks.ts';
import { Bench, missing, shells } from '../../support/shells.ts';

const awkward = [
  '',
  ' ',
  'a  b',
  "it's",
  '"',
  '\\',
  '\n',
  'a\nb\n',
  '$(echo no)',
  '`id`',
  '-n',
  '--',
  '*',
  '~',
  '%s',
  'é☃',
];

for (const shell of shells) {
  describe(`run-job.sh in ${shell.name}`, { skip: missing(shell) }, () => {
    test('arguments arrive byte for byte, and the first byte of output is the command’s', async () => {
      await using bench = new Bench(shell);
      const job = bench.run(['sh', '-c', 'printf "%s\\0" "$@"', 'sh', ...awkward]);
      assert.deepEqual(await job.exit(), { status: '0', 'ended-by': 'exit' });
      assert.deepEqual(job.output().split('\0'), [...awkward, '']);
    });

    test('arguments that are not UTF-8 arrive byte for byte, too', async () => {
      await using bench = new Bench(shell);
      // Each byte but NUL, alone and before a quote.
      const bytes = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1));
      const words = [bytes.join(''), bytes.join("'"), ...bytes.slice(127).map((byte) => `'${byte}'`)];
      const job = bench.run(['sh', '-c', 'printf "%s\\0" "$@"', 'sh', ...words], { encoding: 'latin1' });
      assert.deepEqual(await job.exit(), { status: '0', 'ended-by': 'exit' });
      const output = readFileSync(join(job.folder, 'output.log'), 'latin1');
      assert.deepEqual(output.split('\0'), [...words, '']);
    });

    test('its command line says neither the words of the command nor where the job lies', async () => {
      await using bench = new Bench(shell);
      const job = bench.run(['sleep', '61.25'], { deadline: 60 });
      await job.commandPid();
      const others = survivors(bench.cookie).filter(({ command }) => command !== 'sleep 61.25');
      assert.ok(others.length >= 2, 'the wrapper and its watchdog');
      for (const { command } of others)
        assert.doesNotMatch(command, new RegExp(`61[.]25|${job.folder}|${bench.cookie}`));
      process.kill(-(await job.commandPid()), 'SIGKILL');
      assert.equal((await job.exit())?.status, '137');
    });
  });
}
