/** What the documentation tells of verbs and settings. That it is in step is a step of the gate. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_SETTINGS } from '../../scripts/domain/workspace/workspace-state.ts';
import { VERBS } from '../../scripts/faces/cli/verbs.ts';
import { manPage } from '../../tools/man-page.ts';
import { commandsPage, settingsTable, verbTable, withRegion } from '../../tools/reference-tables.ts';

test('each verb has its row and its section, each setting its row and its default', async () => {
  const [rows, page] = [await verbTable(), await commandsPage()];
  for (const verb of Object.keys(VERBS)) {
    assert.match(rows, new RegExp(`^\\| .*\`([^\`]* )?${verb}[ \`].* \\| \\S.* \\|$`, 'm'));
    assert.match(page, new RegExp(`^## ${verb}\n\n[A-Z].*\\.\n\n\`\`\`text\n`, 'm'));
  }
  const settings = settingsTable();
  for (const [name, value] of Object.entries(DEFAULT_SETTINGS))
    assert.ok(settings.includes(`| \`${name}\` | \`${JSON.stringify(value)}\` | \`--`), name);
});

test('the man page has each verb with its options and examples, as the help has them', async () => {
  const page = await manPage();
  for (const [verb, { load }] of Object.entries(VERBS)) {
    const begin = page.indexOf(`\n.SS ${verb.replaceAll('-', '\\-')}\n`);
    assert.notEqual(begin, -1, verb);
    const section = page.slice(begin + 1, page.indexOf('\n.S', begin + 1)).replaceAll('\\-', '-');
    const { help, options } = await load();
    for (const [, option = ''] of help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm))
      if (option.slice(2) in options)
        assert.match(section, new RegExp(`^\\.B .*${option}\\b`, 'm'), `${verb} ${option}`);
    assert.match(section, new RegExp(`^Usage: codex-companion ${verb}\\b`, 'm'));
    assert.match(section, /^ {2}.*codex-companion/m, `${verb}: an example`);
  }
});

test('man finds nothing to warn of in the man page', {
  skip: spawnSync('man', ['--version']).status === 0 ? false : 'needs man',
}, () => {
  const page = join(import.meta.dirname, '../../man/codex-companion.1');
  const { stdout, stderr } = spawnSync('man', ['--warnings', '--local-file', page], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', MANWIDTH: '80', MANPAGER: 'cat' },
  });
  assert.equal(stderr, '');
  assert.match(stdout, /^ {7}codex-companion - tasks and reviews/m);
  assert.match(stdout, /^ {9}codex-companion run --shell 'npm run dev > dev\.log &'$/m);
});

test('what stands between the marks of a table is replaced, and a page without them is refused', () => {
  const page = 'before\n<!-- verbs: npm run reference -->\nold\n<!-- end of verbs -->\nafter\n';
  const written = withRegion(page, 'verbs', 'new');
  assert.equal(written, 'before\n<!-- verbs: npm run reference -->\n\nnew\n\n<!-- end of verbs -->\nafter\n');
  assert.equal(withRegion(written, 'verbs', 'new'), written);
  assert.throws(() => withRegion('nothing\n', 'verbs', 'new'), /no marks for the verbs/);
});

test('the table of options that people write in the README names none that its verbs have not', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const [, table = ''] = /^\| of \| \|\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  assert.notEqual(table, '');
  for (const row of table.trim().split('\n')) {
    const [, verbs = '', options = ''] = row.split(/(?<!\\)\|/);
    for (const [, verb = ''] of verbs.matchAll(/`([a-z-]+)`/g)) assert.ok(verb in VERBS, verb);
    const commands = await Promise.all(
      [...verbs.matchAll(/`([a-z-]+)`/g)].map(([, verb = '']) => VERBS[verb]?.load()),
    );
    const known = commands.flatMap((command) => Object.keys(command?.options ?? {}));
    for (const [, option = ''] of options.matchAll(/--([a-z-]+)/g)) assert.ok(known.includes(option), row);
  }
});
