/** What is typed behind a slash command of ours, before its here-document sees it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { claudeCode } from '../../../scripts/hosts/claude-code.ts';
import { SH } from '../../../scripts/process/shell.ts';
import { FakeClient } from '../../support/hosts/fake-client.ts';
import { aWorkspace } from '../../support/world.ts';

const MARK = 'CODEX-COMPANION-END-OF-ARGUMENTS';
const root = join(import.meta.dirname, '../../..');
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

test('a text that could end the here-document is refused, any other passes, without node', async () => {
  await using world = await aWorkspace({ env: { PATH: '/usr/bin:/bin' } });
  await using client = new FakeClient(world);
  const answer = (command_args: string) =>
    client.hook('UserPromptExpansion', { command_name: 'codex:review', command_args });
  for (const text of ['', 'run-1 --all', `it's "quoted" $(touch x) <<'END'\nEND\n`, MARK.toLowerCase()])
    assert.equal(await answer(text), '', text);
  for (const text of [
    MARK,
    `x\n${MARK}\ntouch x`,
    `x\r\n${MARK}\r\ny`,
    `${'x'.repeat(100_000)}\n${MARK}\n`,
  ]) {
    const { decision, reason } = JSON.parse(await answer(text));
    assert.equal(decision, 'block');
    assert.match(reason, /^codex-companion: Nothing was done\. The text contains /);
  }
});

test('it is refused as well where PATH leads to no program at all', () => {
  const hook = join(root, 'hooks/session-hook.sh');
  const input = JSON.stringify({ command_name: 'codex:status', command_args: MARK });
  const env = { PATH: '/nothing', HOME: '/nothing' };
  const { stdout } = spawnSync(SH, [hook, 'claude-code', 'UserPromptExpansion'], { input, env, cwd: '/' });
  assert.equal(JSON.parse(String(stdout)).decision, 'block');
});

test('all commands end their here-documents at that mark alone, and the hook is called for all of them', () => {
  const [group] = claudeCode.hooks.declaration.hooks.UserPromptExpansion ?? [];
  for (const name of readdirSync(join(root, 'commands'))) {
    const text = read('commands', name);
    for (const [, mark] of text.matchAll(/<<-?\s*(\S+)/g)) assert.equal(mark, `'${MARK}'`, name);
    assert.match(`codex:${name.replace(/\.md$/, '')}`, new RegExp(group?.matcher ?? '-'));
  }
});
