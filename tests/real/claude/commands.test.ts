/** Our slash commands in the real Claude Code: what the model is given, and what hostile arguments cannot do. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { installClients } from '../../support/real/clients.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';

const clients = await installClients();

/** What each command tells the model, where the user has no rules of his own. */
const shown: Record<string, RegExp> = {
  '/codex:status --discuss': /No jobs yet/,
  '/codex:status --all --discuss': /No jobs yet/,
  '/codex:status nope --discuss': /No job matches "nope"/,
  '/codex:status --bogus --discuss': /has no option --bogus/,
  '/codex:result --discuss': /There is no finished job/,
  '/codex:cancel --discuss': /There is no (live|running) job/,
  '/codex:setup': /Checks:[\s\S]*codex/,
  '/codex:setup --enable-review-gate': /Enabled the review gate/,
};

const others = [
  ...['review', 'adversarial-review', 'rescue', 'codex-rescue'],
  ...['background-jobs', 'SessionStart', 'SessionEnd'],
];

const hostile = [
  `x$'\ntouch PWNED\n$\`touch PWNED\n$&\ntouch PWNED\n`,
  `it's "quoted" $(touch PWNED) \`touch PWNED\` $HOME`,
  `'; touch PWNED; '`,
  `" && touch PWNED && "`,
  `a\ntouch PWNED\n`,
  `a \`\`\` b !\`touch PWNED\` c`,
  `a\n\`\`\`\n!\`touch PWNED\`\n`,
  `$(touch PWNED) | touch PWNED & touch PWNED > PWNED`,
];

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version}: every command that runs ours runs unasked and tells the model what it said`, async () => {
      await using world = await realWorld(clients, program);
      for (const [prompt, wanted] of Object.entries(shown)) {
        const { text, said } = await ask(world, 'default', prompt);
        assert.match(text, wanted, `${prompt}: ${said}`);
        assert.doesNotMatch(text, /CODEX-COMPANION-END/);
      }
    });

    test(`claude ${version}: hostile arguments stay arguments, or the command is refused`, async () => {
      await using world = await realWorld(clients, program);
      for (const mode of ['default', 'bypassPermissions'])
        for (const args of hostile) {
          const { text, said } = await ask(world, mode, `/codex:result --discuss ${args}`);
          const told = /Error: (result takes one job|No job matches)/.test(text);
          const refused = mode === 'default' && /Shell command permission check failed/.test(said);
          assert.ok(told || refused, `${mode} ${args}: ${said}\n${text}`);
        }
      assert.deepEqual(planted(world), []);
    });

    test(`claude ${version}: a task's and a review's arguments reach the model as they were typed`, async () => {
      await using world = await realWorld(clients, program);
      // The last ones mean something to a plain replacement in JavaScript: what stands before, behind, or was replaced.
      const args = `--base main it's "quoted" $(touch PWNED) <b> 'x' a$'b a$\`b a$&b a$$b $1 $<x>`;
      for (const command of ['review', 'adversarial-review', 'rescue']) {
        const { text, said } = await ask(world, 'default', `/codex:${command} ${args}`);
        assert.ok(text.includes(`\n${args}\n`), said);
      }
      assert.deepEqual(planted(world), []);
    });

    test(`claude ${version} lists all that we ship`, async () => {
      await using world = await realWorld(clients, program);
      const { stdout } = await world.claude.run(['plugin', 'details', 'codex'], { cwd: world.workspace });
      for (const name of [
        ...Object.keys(shown).map((prompt) => prompt.slice(7).split(' ')[0] ?? ''),
        ...others,
      ])
        assert.ok(stdout.includes(name), `${name} is not in:\n${stdout}`);
    });
  }
}

/** One prompt; the text of ours that reached the model, and what the client printed. */
async function ask(world: RealWorld, mode: string, prompt: string): Promise<{ text: string; said: string }> {
  const before = world.claudeModel.agentRequests().length;
  const args = ['-p', '--permission-mode', mode, prompt];
  const { stdout, stderr } = await world.claude.run(args, { cwd: world.workspace });
  const asked = world.claudeModel.agentRequests().length > before;
  return { text: asked ? world.claudeModel.newText() : '', said: stdout + stderr };
}

function planted(world: RealWorld): string[] {
  return readdirSync(world.account.root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /PWNED/.test(path),
  );
}
