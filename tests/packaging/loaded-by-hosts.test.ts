/** Hooks, commands, the agent and the skill, as files: what a host would refuse, and what must never be in them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const commands = readdirSync(join(root, 'commands')).map((name) => `commands/${name}`);

/** Claude Code 2.1.197 drops the whole file for one event or type that it does not know. */
const knownEvents = [
  ...['SessionStart', 'SessionEnd', 'UserPromptSubmit', 'FileChanged', 'CwdChanged', 'Stop', 'PreToolUse'],
  'UserPromptExpansion',
];

/** Beside the one with its own name. */
const furtherCalls: Record<string, string[]> = { FileChanged: ['OtherFileChanged'] };

for (const [file, host] of Object.entries({ 'hooks.json': 'claude-code', 'codex-hooks.json': 'codex' })) {
  test(`hooks/${file} declares known events, each calling our hook with its own name`, () => {
    const { hooks } = JSON.parse(read(`hooks/${file}`));
    for (const [event, declared] of Object.entries<HookDeclaration[]>(hooks)) {
      assert.ok(knownEvents.includes(event), event);
      const [{ hooks: calls, matcher } = { hooks: [] }, ...others] = declared;
      assert.deepEqual(others, [], event);
      assert.equal(matcher, { PreToolUse: 'Bash', UserPromptExpansion: '^codex:' }[event]);
      assert.ok(
        calls.every(({ type, timeout }) => type === 'command' && Number(timeout) > 0),
        `${event} has a limit`,
      );
      const script = `"\${CLAUDE_PLUGIN_ROOT}/hooks/session-hook.sh"`;
      const guard = `[ -r ${script} ] || exit 0; exec `;
      assert.deepEqual(
        calls.map(({ command }) => command),
        [event, ...(furtherCalls[event] ?? [])].map((name) => `${guard}/bin/sh ${script} ${host} ${name}`),
      );
    }
    assert.deepEqual(Object.keys(hooks).slice(0, 1), ['SessionStart']);
    assert.ok('SessionEnd' in hooks);
  });
}

interface HookDeclaration {
  matcher?: string;
  hooks: { type: string; command: string; timeout?: number }[];
}

test('Codex is told of its own hooks file, and Claude Code finds its own by its name', () => {
  assert.equal(JSON.parse(read('.codex-plugin/plugin.json')).hooks, './hooks/codex-hooks.json');
  assert.equal('hooks' in JSON.parse(read('.claude-plugin/plugin.json')), false);
});

test('no command allows more than the verbs that only look, or the one verb that the user typed', () => {
  const looking = ['status', 'wait', 'result', 'task-resume-candidate'];
  for (const path of commands) {
    const typed = path.replace(/^commands\/|\.md$/g, '');
    const own = ['status', 'result', 'cancel', 'setup'].includes(typed) ? [typed] : looking;
    for (const rule of allowedTools(read(path))) {
      if (rule === 'AskUserQuestion') continue;
      const verb = /^Bash\("\$\{CLAUDE_PLUGIN_ROOT\}\/bin\/codex-companion" ([a-z-]+):\*\)$/.exec(rule)?.[1];
      assert.ok(verb && own.includes(verb), `${path}: ${rule}`);
    }
  }
});

test('a user’s arguments reach a shell in a quoted here-document alone', () => {
  for (const path of commands) {
    const text = read(path);
    const inShell = [...text.matchAll(/^```(?:!|bash)\n([\s\S]*?)^```$/gm)].map(([, body = '']) => body);
    assert.doesNotMatch(text, /!`/, `${path}: an inline command ends at the first backtick of its arguments`);
    for (const body of inShell.filter((one) => one.includes('$ARGUMENTS')))
      assert.match(body, /^"[^"]+" [a-z0-9 -]+ --arguments-from-stdin <<'(\S+)'\n\$ARGUMENTS\n\1\n$/, path);
  }
});

test('the commands, flags and agent of 1.0.5 are there; transfer is not yet', () => {
  const names = ['adversarial-review', 'cancel', 'rescue', 'result', 'review', 'setup', 'status'];
  assert.deepEqual(
    commands,
    names.map((name) => `commands/${name}.md`),
  );
  const hints: Record<string, string[]> = {
    'adversarial-review': ['--wait', '--background', '--base', '--scope', 'focus'],
    cancel: ['job-id'],
    rescue: ['--background', '--wait', '--resume', '--fresh', '--model', '--effort'],
    result: ['job-id'],
    review: ['--wait', '--background', '--base', '--scope'],
    setup: ['--enable-review-gate', '--disable-review-gate'],
    status: ['job-id', '--wait', '--timeout-ms', '--all'],
  };
  for (const [name, words] of Object.entries(hints)) {
    const hint = /^argument-hint: (.*)$/m.exec(read(`commands/${name}.md`))?.[1] ?? '';
    assert.deepEqual(
      words.filter((word) => !hint.includes(word)),
      [],
      name,
    );
  }
  assert.match(read('agents/codex-rescue.md'), /^name: codex-rescue$/m);
});

function allowedTools(text: string): string[] {
  const block = /^allowed-tools:\n((?: {2}- .*\n)+)/m.exec(text)?.[1] ?? '';
  return block
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/^ {2}- '?|'?$/g, ''));
}
