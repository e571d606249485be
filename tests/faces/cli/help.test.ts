/** The help as wide as the screen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fittedHelp } from '../../../scripts/faces/cli/help/fitted-help.ts';
import { blocksOf, optionsIn } from '../../../scripts/faces/cli/help/help-text.ts';
import { mainHelp } from '../../../scripts/faces/cli/help/main-help.ts';
import { COMMON_OPTIONS, knownOptions } from '../../../scripts/faces/cli/input/grammar.ts';
import { VERBS } from '../../../scripts/faces/cli/verbs.ts';
import { noTerminal, onTerminal } from '../../support/terminal.ts';
import { aWorkspace } from '../../support/world.ts';

async function everyHelp(): Promise<string[]> {
  const commands = await Promise.all(Object.values(VERBS).map(({ load }) => load()));
  return [mainHelp(), ...commands.map(({ help }) => help)];
}

const words = (text: string) => text.split(/\s+/);

test('at every width a help says the same words, and only what is to be copied is wider than the screen', async () => {
  for (const help of await everyHelp()) {
    const toCopy = new Set(blocksOf(help).flatMap((block) => (block.kind === 'lines' ? block.lines : [])));
    for (const width of [40, 59, 80, 100, 120, 200]) {
      const shown = fittedHelp(help, width);
      assert.deepEqual(words(shown), words(help), `${width} columns`);
      const wide = shown.split('\n').filter((line) => line.length > width && !toCopy.has(line));
      assert.deepEqual(wide, [], `${width} columns`);
    }
  }
});

test('where nobody looks, and where it fits, a help is as it was written', async () => {
  for (const help of await everyHelp()) {
    assert.equal(fittedHelp(help, undefined), help);
    assert.equal(fittedHelp(help, 200), help);
  }
});

test('the texts of a list stand beside its heads, and below them on a narrow screen', () => {
  const help = `Does it.

Usage: codex-companion do [options]

  -a, --all                every one of them, be it small or large or
                           anything between
  --a-long-one one|two|three
                           which
`;
  assert.equal(
    fittedHelp(help, 48),
    `Does it.

Usage: codex-companion do [options]

  -a, --all  every one of them, be it small or
             large or anything between
  --a-long-one one|two|three
             which
`,
  );
  assert.equal(
    fittedHelp(help, 40),
    `Does it.

Usage: codex-companion do [options]

  -a, --all
      every one of them, be it small or
      large or anything between
  --a-long-one one|two|three
      which
`,
  );
});

test('a help names each option that its verb takes, but for what is kept for 1.0.5', async () => {
  for (const [verb, { load }] of Object.entries(VERBS)) {
    const { help, options } = await load();
    const told = new Set(
      blocksOf(help).flatMap((block) =>
        block.kind === 'rows' ? block.rows.flatMap(({ head }) => optionsIn(head)) : [],
      ),
    );
    const known = knownOptions({ options }).map(([name]) => `--${name}`);
    const silent = known.filter((option) => !told.has(option));
    assert.deepEqual(silent, SILENT[verb] ?? [], verb);
    for (const option of told) assert.ok(option.length === 2 || known.includes(option), `${verb} ${option}`);
  }
  assert.ok('help' in COMMON_OPTIONS);
});

/** The default, which 1.0.5 took as an option, too. */
const SILENT: Record<string, string[]> = { task: ['--wait'], rerun: ['--wait'] };

test('on a terminal of 60 columns no line of a list is broken by the terminal', {
  skip: noTerminal,
}, async () => {
  await using world = await aWorkspace({ git: false });
  for (const asked of [
    ['status', '--help'],
    ['help', 'status'],
  ]) {
    const screen = await onTerminal(world, { columns: 60 }, ...asked);
    const lines = screen.split('\n').filter((line) => !line.includes('codex-companion'));
    assert.deepEqual(
      lines.filter((line) => line.length > 60),
      [],
    );
    assert.match(screen, /^ {2}-n, --last N {2}N jobs at most/m);
  }
});
