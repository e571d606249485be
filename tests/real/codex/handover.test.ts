/** The slash commands that start and stop work, each typed in a real session and carried out as it tells the model. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ClaudeSession } from '../../support/real/claude-session.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

const hostile = `it's "quoted"  $(touch PWNED) \`touch PWNED\` $HOME \\n 'x' --write`;

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  test('/codex:rescue hands a task over byte for byte, /codex:cancel stops it, /codex:review reviews; nothing is left', {
    skip: tmuxMissing(),
  }, async () => {
    await using world = await realWorld(clients);
    await using session = await world.startSession();

    world.codexModel.script({ hang: true });
    const rescue = await asked(world, session, `/codex:rescue --background ${hostile}`);
    const started = await world.bash(
      session,
      shellBlock(rescue).replace(
        'THE REQUEST',
        () => /<request>\n([\s\S]*?)\n<\/request>/.exec(rescue)?.[1] ?? '',
      ),
    );
    const [id] = /\btask-[a-z0-9]+-[a-z0-9]+\b/.exec(started) ?? assert.fail(started);
    const request = await until('Codex has the task', () => world.codexModel.requests[0]);
    assert.equal(request.prompt, hostile);
    assert.deepEqual(await viewOf(world, id), {
      status: 'running',
      background: true,
      sessionId: await sessionOf(world),
    });

    const running = await asked(world, session, `/codex:status ${id} --discuss`);
    assert.match(running, new RegExp(`${id}[\\s\\S]*running`));
    const cancelled = await asked(world, session, `/codex:cancel ${id} --discuss`);
    assert.match(cancelled, new RegExp(`${id}[\\s\\S]*[Cc]ancelled`));
    assert.equal((await viewOf(world, id)).status, 'cancelled');
    await until('Codex hangs up on its model', () => request.cut);

    await writeFile(join(world.workspace, 'README.md'), '# A project\n\nWith a flaw.\n');
    world.codexModel.script({ exec: 'git diff --stat' }, { say: 'ONE-FINDING' });
    const review = await asked(world, session, '/codex:review --wait');
    assert.match(await world.bash(session, shellBlock(review)), /ONE-FINDING/);

    assert.equal(await session.exit(), 0);
    await nothingIsLeft(world);
    assert.deepEqual(planted(world), []);
  });
}

/** Types a slash command, and returns what of it reached the model. */
async function asked(world: RealWorld, session: ClaudeSession, line: string): Promise<string> {
  const before = world.claudeModel.agentRequests().length;
  await session.say(line);
  return until(`${line} reached the model`, () => {
    const requests = world.claudeModel.agentRequests().length;
    return requests > before && world.claudeModel.newText();
  });
}

/** The command that the model is told to run. */
function shellBlock(text: string): string {
  return /```bash\n([\s\S]*?)\n```/.exec(text)?.[1] ?? assert.fail(text);
}

async function viewOf(world: RealWorld, id: string) {
  const { status, background, sessionId } = (await world.ask('status', id)).job;
  return { status, background, sessionId };
}

async function sessionOf(world: RealWorld): Promise<string> {
  const [session] = await world.claude.liveSessions();
  return session?.sessionId ?? assert.fail('no live session');
}

function planted(world: RealWorld): string[] {
  const files = readdirSync(world.account.root, { recursive: true, encoding: 'utf8' });
  return files.filter((path) => /PWNED/.test(path));
}
