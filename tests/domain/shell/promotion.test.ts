import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { readBackground } from '../../../scripts/domain/shell/background.ts';

const SHELLS = [['bash'], ['dash'], ['busybox', 'sh'], ['zsh']];

/** What runs in the background, the status of the whole, and its output: which is there only if all was waited for. */
const CASES: [text: string, status: number, output?: string][] = [
  ['(sleep 0.2; echo end; exit 4) &', 4, 'end\n'],
  ['(sleep 0.2; echo end) & true', 0, 'end\n'],
  ['(sleep 0.2; exit 3) & (exit 4) & false', 3],
  ['true & false', 1],
  ['for n in 1 2; do (sleep .$n; echo $n; exit $n) & done', 1, '1\n2\n'],
  ['IFS=0123456789; (exit 6) & true', 6],
  ['set -e; (sleep 0.2; echo end) & false; echo no', 1, 'end\n'],
  ['(sleep 0.2; echo end) & exit 9', 9, 'end\n'],
  ['set -u; true & true', 0],
  ['f() { exit 5; }; (sleep 0.2; echo end) & f', 5, 'end\n'],
  ['case x in x) (exit 8) & ;; esac', 8],
  ['setsid sh -c "sleep 0.2; echo end; exit 11" &', 11, 'end\n'],
  ['(sleep 0.2; echo end) & disown; true', 0, 'end\n'],
  ['(exit 12) & cat <<E\nhi\nE', 12, 'hi\n'],
  ['{ (exit 2) & } ; if true; then (exit 3) & fi # &', 2],
  ['( (sleep 0.2; echo end; exit 7) & )', 7, 'end\n'],
];

for (const [program = '', ...applet] of SHELLS) {
  const there = spawnSync(program, [...applet, '-c', 'true']).status === 0;
  test(`what became one job ends in ${program} when all has ended, with the first status that is not 0`, {
    skip: there ? false : `no ${program} on this machine`,
  }, () => {
    for (const [text, status, output] of CASES) {
      const reading = readBackground(text);
      assert.equal(reading.starts, 'yes', text);
      if (reading.starts !== 'yes') continue;
      const ended = spawnSync(program, [...applet, '-c', reading.promotion.text], { encoding: 'utf8' });
      assert.deepEqual(
        { status: ended.status, output: ended.stdout, error: ended.stderr },
        { status, output: output ?? '', error: '' },
        text,
      );
    }
  });
}
