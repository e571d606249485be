/**
 * Commands of the real Claude Code that start something in the background: what the user allowed runs as a job, what
 * was refused without us is refused with us. The table of docs/pre-tool-use.md is what LONG=1 sees here.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { long } from '../../support/long.ts';
import { installClients, OLDER_CLAUDE } from '../../support/real/clients.ts';
import {
  type Asked,
  type Fate,
  fateOf,
  type Mode,
  type Rules,
  tellBash,
} from '../../support/real/permissions.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

interface Case {
  mode: Mode;
  rules: Rules;
  /** without us; with us `ran` becomes `job` */
  fate: Fate;
  /** where the older release is of another mind */
  older?: Fate;
}

const cases: Case[] = [
  { mode: 'dontAsk', rules: { allow: ['Bash'] }, fate: 'ran' },
  { mode: 'dontAsk', rules: { allow: ['Bash'], deny: ['Bash(touch:*)'] }, fate: 'refused' },
  { mode: 'bypassPermissions', rules: { deny: ['Bash(touch:*)'] }, fate: 'refused' },
];
const more: Case[] = [
  { mode: 'dontAsk', rules: { allow: ['Bash(codex-companion:*)'] }, fate: 'refused' },
  { mode: 'dontAsk', rules: { allow: ['Bash(touch:*)'] }, fate: 'refused' },
  { mode: 'dontAsk', rules: { allow: ['Bash(touch x &)'] }, fate: 'refused' },
  { mode: 'default', rules: { allow: ['Bash'] }, fate: 'ran' },
  { mode: 'default', rules: { allow: ['Bash'], ask: ['Bash(touch:*)'] }, fate: 'refused' },
  { mode: 'default', rules: {}, fate: 'refused' },
  { mode: 'acceptEdits', rules: {}, fate: 'refused' },
  { mode: 'acceptEdits', rules: { allow: ['Bash'] }, fate: 'refused' },
  { mode: 'plan', rules: {}, fate: 'refused' },
  { mode: 'plan', rules: { allow: ['Bash'] }, fate: 'refused', older: 'ran' },
  { mode: 'bypassPermissions', rules: {}, fate: 'ran' },
  { mode: 'bypassPermissions', rules: { ask: ['Bash(touch:*)'] }, fate: 'refused' },
];

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version}: npm run dev & runs as a job that outlives the session, is listed and can be stopped`, {
      skip: tmuxMissing(),
    }, async () => {
      await using world = await realWorld(clients, program);
      await writeFile(
        join(world.workspace, 'package.json'),
        JSON.stringify({ name: 'app', scripts: { dev: 'echo listening; sleep 600' } }),
      );
      await using session = await world.startSession();
      const told = await world.bash(session, 'npm run dev &');
      const [job] = (await world.ask('status')).running;
      assert.match(told, new RegExp(`tracked job: ${job.id}\n`));
      assert.deepEqual([job.background, job.summary, job.host], [true, 'npm run dev', 'claude-code']);
      assert.equal(await world.bash(session, 'echo one && echo two'), 'one\ntwo');
      assert.equal(await world.bash(session, 'ls nowhere 2>&1 | grep -c nowhere'), '1');
      await until('the server listens', async () =>
        /^listening$/m.test((await world.cli('logs', job.id)).stdout),
      );
      assert.equal(await session.exit(), 0);
      assert.deepEqual(
        (await world.ask('status', '--all')).running.map(({ id }: { id: string }) => id),
        [job.id],
        'it goes on, and it alone',
      );
      assert.equal((await world.cli('cancel', job.id)).code, 0);
      await nothingIsLeft(world);
    });

    test(`claude ${version}: with each rule and mode, what was refused stays refused, and what was allowed is a job`, async () => {
      await using world = await realWorld(clients, program);
      for (const one of long ? [...cases, ...more] : cases)
        await hasSameFate(world, one, version === OLDER_CLAUDE);
      await nothingIsLeft(world);
    });

    test(`claude ${version}: the person who is asked sees the command as it was typed, and a no means no`, {
      skip: long ? tmuxMissing() : 'LONG=1 runs it',
    }, async () => {
      await using world = await realWorld(clients, program);
      const args = ['--permission-mode', 'default'];
      await using session = await world.claude.start({ cwd: world.workspace, args });
      for (const [answer, fate] of [
        ['1', 'job'],
        ['Escape', 'refused'],
      ] as const) {
        const file = `asked-${answer}`;
        const call = {
          id: `toolu_${file}`,
          name: 'Bash',
          input: { command: `touch ${file} &`, description: 'Ask' },
        };
        world.claudeModel.script(
          { when: { newText: `Do ${file}.` }, tools: [call] },
          { when: { resultOf: call.id }, text: 'Done.' },
        );
        await session.say(`Do ${file}.`);
        const screen = await session.waitScreen('the question', /1\. Yes/);
        assert.ok(screen.includes(`touch ${file} &`), screen);
        assert.ok(!screen.includes('codex-companion run'), screen);
        session.press(answer);
        if (fate === 'refused') {
          await session.waitScreen('that it was interrupted', /Interrupted|rejected|declined/i);
          assert.equal(existsSync(join(world.workspace, file)), false);
          continue;
        }
        const told = await until('the model is told', () => world.claudeModel.toolResult(call.id));
        assert.equal(fateOf(told), fate, told);
        await until('it has run', () => existsSync(join(world.workspace, file)));
      }
      await session.exit();
      await nothingIsLeft(world);
    });

    test(`claude ${version}: a subagent's command is a job of that subagent`, {
      skip: long ? false : 'LONG=1 runs it',
    }, async () => {
      await using world = await realWorld(clients, program);
      const ask = {
        description: 'Touch it',
        prompt: 'Do the part of a subagent.',
        subagent_type: 'general-purpose',
      };
      const agent = { id: 'toolu_agent', name: 'Agent', input: ask };
      const call = {
        id: 'toolu_of_agent',
        name: 'Bash',
        input: { command: 'touch x &', description: 'Touch' },
      };
      world.claudeModel.script(
        { when: { newText: 'Ask a subagent.' }, tools: [agent] },
        { when: { newText: ask.prompt }, tools: [call] },
        { when: { resultOf: call.id }, text: 'The part is done.' },
      );
      await world.claude.print('Ask a subagent.', { cwd: world.workspace });
      assert.equal(fateOf(world.claudeModel.toolResult(call.id) ?? ''), 'job');
      await until('it has run', () => existsSync(join(world.workspace, 'x')));
      const { latestFinished, running } = await world.ask('status');
      assert.match((latestFinished ?? running[0]).agentId, /./);
      await nothingIsLeft(world);
    });

    test(`claude ${version}: without us the same rules have the same fates, and every rewrite changes some`, {
      skip: long ? false : 'LONG=1 runs it',
    }, async () => {
      await using world = await realWorld(clients, program);
      assert.equal((await world.cli('setup', '--promote-background', 'off')).code, 0);
      const older = version === OLDER_CLAUDE;
      for (const one of [...cases, ...more])
        assert.equal(await fate(world, one), (older && one.older) || one.fate, JSON.stringify(one));
      for (const [rewrite, ...fates] of rewrites) {
        const plugin = await rewritingPlugin(world, rewrite);
        const seen: Fate[] = [];
        for (const rule of rewriteRules) seen.push(await fate(world, { ...rule, plugin }));
        assert.deepEqual(seen, fates, rewrite);
      }
    });
  }
}

async function hasSameFate(world: RealWorld, one: Case, older: boolean): Promise<void> {
  const without = (older && one.older) || one.fate;
  assert.equal(await fate(world, one), without === 'ran' ? 'job' : without, JSON.stringify(one));
}

/** Of `touch x &`, and of what has no background: that is never a job. */
async function fate(world: RealWorld, asked: Omit<Asked, 'commands'>): Promise<Fate> {
  const file = join(world.workspace, 'x');
  await rm(file, { force: true });
  const [told = '', plain = ''] = await tellBash(world, {
    ...asked,
    commands: ['touch x &', 'echo a && echo b 2>&1'],
  });
  assert.notEqual(fateOf(plain), 'job', plain);
  const found = fateOf(told);
  if (found === 'refused') assert.equal(existsSync(file), false, told);
  else await until(`it has run, of which the model was told: ${told}`, () => existsSync(file));
  return found;
}

/** An `updatedInput` for `touch x &`, and its fates with the rules below: what is checked is the new text. */
const rewrites: [command: string, ...Fate[]][] = [
  ['codex-companion run --background -- touch x', 'refused', 'ran', 'ran'],
  ['timeout 7200 touch x', 'ran', 'refused', 'refused'],
  ['nohup touch x', 'ran', 'refused', 'refused'],
  ['nice touch x', 'ran', 'refused', 'refused'],
  ['time touch x', 'ran', 'refused', 'refused'],
  ['touch x | cat', 'ran', 'refused', 'refused'],
];
const rewriteRules: Omit<Asked, 'commands'>[] = [
  { mode: 'dontAsk', rules: { allow: ['Bash(touch:*)'] } },
  { mode: 'dontAsk', rules: { allow: ['Bash(codex-companion:*)'], deny: ['Bash(touch:*)'] } },
  { mode: 'bypassPermissions', rules: { deny: ['Bash(touch:*)'] } },
];

let plugins = 0;

async function rewritingPlugin(world: RealWorld, command: string): Promise<string> {
  const folder = world.account.path(`rewriting-${++plugins}`);
  await mkdir(join(folder, '.claude-plugin'), { recursive: true });
  await mkdir(join(folder, 'hooks'));
  await writeFile(join(folder, '.claude-plugin/plugin.json'), '{"name":"rewriting","version":"1.0.0"}');
  const hookSpecificOutput = {
    hookEventName: 'PreToolUse',
    updatedInput: { command, description: 'As asked' },
  };
  await writeFile(join(folder, 'answer.json'), JSON.stringify({ hookSpecificOutput }));
  const hook = {
    type: 'command',
    command: `if grep -q 'touch x &'; then cat "\${CLAUDE_PLUGIN_ROOT}/answer.json"; fi`,
  };
  await writeFile(
    join(folder, 'hooks/hooks.json'),
    JSON.stringify({ hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [hook] }] } }),
  );
  return folder;
}
