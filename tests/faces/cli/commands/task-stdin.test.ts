import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aWorkspace, type World } from '../../../support/world.ts';

/** The last prompt that Codex has got. */
function prompt(world: World): string {
  const { input } = world.codex.requests('turn/start').at(-1) ?? {};
  return (input as { text: string }[]).map(({ text }) => text).join('');
}

const lines: Record<string, { line: string; prompt: string }> = {
  'a file alone': { line: 'cc task <text', prompt: 'of the file\n' },
  'a file beside words': {
    line: 'cc task "and this" <text',
    prompt: 'and this\n\n<stdin>\nof the file\n</stdin>',
  },
  'a here-document beside a prompt file': {
    line: "cc task --prompt-file text <<'EOF'\nmore\nEOF",
    prompt: 'of the file\n\n\n<stdin>\nmore\n</stdin>',
  },
  'a pipe beside words': {
    line: 'printf "no newline" | cc task "and this"',
    prompt: 'and this\n\n<stdin>\nno newline\n</stdin>',
  },
  'a pipe with nothing in it': { line: 'true | cc task "words alone"', prompt: 'words alone' },
  'a late pipe that is waited for': {
    line: '{ sleep 0.7; echo late; } | cc task --stdin - "and this"',
    prompt: 'and this\n\n<stdin>\nlate\n</stdin>',
  },
  'a late pipe where there is no other prompt': {
    line: '{ sleep 0.7; echo late; } | cc task',
    prompt: 'late\n',
  },
};

for (const [name, { line, prompt: expected }] of Object.entries(lines)) {
  test(`what is on stdin reaches Codex: ${name}`, async () => {
    await using world = await aWorkspace({ codex: {} });
    world.write('text', 'of the file\n');
    const { code, stderr } = await world.shell(line);
    assert.equal(code, 0, stderr);
    assert.equal(prompt(world), expected);
  });
}

test('an open pipe that says nothing holds up no task that has its prompt, or needs none, and that is said', async () => {
  await using world = await aWorkspace({ codex: {} });
  for (const args of ['"words alone"', '--resume-last']) {
    const { code, stderr } = await world.shell(`rm -f open; mkfifo open; exec 3<>open; cc task ${args} <&3`);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /nothing came on stdin within 250 ms, so the task goes without it; --stdin - waits/);
  }
});
