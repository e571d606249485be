/** The agent is told in Codex: the real program on a scripted model, and jobs of its sessions that end while it does this or that. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { survivors } from '../../support/leaks.ts';
import { long } from '../../support/long.ts';
import type { ClientSession } from '../../support/real/client-session.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { mustSucceed } from '../../support/real/run.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type CodexWorld, codexWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  // More clients at once on two cores, beside another file's, and Codex's hooks reach their time limit.
  describe('the agent is told in Codex', { concurrency: 2 }, () => {
    const skip = tmuxMissing();

    test('idle, without a daemon: the end of a job begins a turn by itself, with the outcome and no word of the job (a message is an argument of a program), once; what is half typed stays', {
      skip,
    }, async (t) => {
      await using world = await aWorld();
      await using session = await world.codex.start({ cwd: world.workspace });
      await hearsOfIt(t, world, session);
      assert.equal(await quit(session), true);
      await nothingIsLeft(world);
    });

    // Codex copies itself (400 MB) into its home for that, and leaves two processes.
    test('idle, with a daemon: the same, at once', { skip: skip ?? !long }, async (t) => {
      await using world = await aWorld();
      await world.codex.approveAll(world.workspace);
      await using session = await world.codex.start({ cwd: world.workspace, args: [] });
      const daemon = () => survivors(world.account.root).some((one) => /--managed-daemon/.test(one.command));
      await until('its daemon runs', daemon);
      await hearsOfIt(t, world, session);
      assert.equal(await quit(session), true);
      for (const { pid, command } of survivors(world.account.root))
        if (/\bapp-server\b/.test(command)) process.kill(pid, 'SIGKILL');
    });

    test('busy: it is told once, when its turn is over', { skip }, async (t) => {
      await using world = await aWorld();
      await using session = await world.codex.start({ cwd: world.workspace });
      const id = await startJob(world, session);
      await session.say('[[hold]][[say:that was long]]');
      await until('it thinks', () => world.codexModel.requests.at(-1)?.prompt.startsWith('[[hold]]'));
      endJob(world);
      await until('the notice is told', async () => (await noticeOf(world, id))?.tellings === 1);
      assert.deepEqual(notices(world), []);
      world.codexModel.release();
      const [told] = await until('the notice has come', () => notices(world).length > 0 && notices(world));
      assert.match(told ?? '', new RegExp(`${id}\\b.* failed \\(exit 3\\)`));
      t.diagnostic(await delivered(world, id));
      assert.equal(notices(world).length, 1, notices(world).join('\n---\n'));
      assert.equal(await quit(session), true);
      await nothingIsLeft(world);
    });

    test('an app-server that has the thread loaded, as editors start it: the end of a job begins a turn there', async (t) => {
      await using world = await aWorld();
      await world.codex.approveAll(world.workspace);
      await using server = await world.codex.appServer();
      const { thread } = await server.request('thread/start', { cwd: world.workspace });
      const { id: threadId } = thread as { id: string };
      const input = [{ type: 'text', text: `[[exec:${command(world)}]][[say:it runs]]`, text_elements: [] }];
      await server.request('turn/start', { threadId, input });
      const turns = () => server.notifications.filter(({ method }) => method === 'turn/completed').length;
      await until('the turn is over', () => turns() === 1);
      const [job] = readState(world.layout).jobs;
      endJob(world);
      const [told] = await until('the notice has come', () => notices(world).length > 0 && notices(world));
      assert.match(told ?? '', new RegExp(`${job?.id}: failed \\(exit 3\\)`));
      await until('its turn is over', () => turns() === 2);
      t.diagnostic(await delivered(world, job?.id ?? ''));
      assert.equal(notices(world).length, 1, notices(world).join('\n---\n'));
    });

    test('codex exec, which has no next turn: what has ended by the end of its turn is told in it', async (t) => {
      await using world = await aWorld();
      const started = `${command(world)}; touch gate; until grep -q completed\\\\\\|failed status.txt; do ${world.companion} status --all >status.txt; sleep 0.2; done`;
      const { stdout } = await exec(world, `[[exec:${started}]][[say:end of the turn]]`);
      assert.match(stdout, /Reply to: <hook_prompt/);
      const [job] = readState(world.layout).jobs;
      t.diagnostic(await delivered(world, job?.id ?? ''));
      assert.equal(notices(world).length, 1, notices(world).join('\n---\n'));
      assert.equal(queued(world), false);
      await nothingIsLeft(world);
    });

    test('a session that is over: the next one of the workspace is told at its start, once', {
      skip,
    }, async () => {
      await using world = await aWorld();
      await using session = await world.codex.start({ cwd: world.workspace });
      const id = await startJob(world, session);
      assert.equal(await quit(session), true);
      endJob(world);
      await until('the job has ended', async () => (await world.ask('status', id)).job.status === 'failed');
      assert.equal(queued(world), false);
      await exec(world, '[[say:good morning]]');
      assert.match(notices(world)[0] ?? '', new RegExp(`${id}\\b.* failed \\(exit 3\\)`));
      await exec(world, '[[say:and again]]');
      assert.equal(notices(world).length, 1, notices(world).join('\n---\n'));
      await nothingIsLeft(world);
    });

    test('a job that a delegated task starts is told to no thread of ours', async () => {
      await using world = await aWorld();
      const config = join(world.account.home, '.codex/config.toml');
      writeFileSync(config, `sandbox_mode = "danger-full-access"\n${readFileSync(config, 'utf8')}`);
      await world.ask('task', '--write', `[[exec:${command(world)}]][[say:started]]`);
      endJob(world);
      const { id } = await until('its job is on record', () =>
        readState(world.layout).jobs.find(({ kind }) => kind === 'run'),
      );
      await world.ask('wait', '--all', id).catch(() => world.ask('status', id));
      await until('its job has ended', async () => (await world.ask('status', id)).job.status === 'failed');
      await nothingIsLeft(world);
      assert.equal(queued(world), false);
      assert.deepEqual(notices(world), []);
    });
  });

  function aWorld(): Promise<CodexWorld> {
    return codexWorld(clients as Exclude<typeof clients, { skip: string }>).then(async (world) => {
      await world.codexPluginInstall();
      return world;
    });
  }
}

/** The common story of an idle session. */
async function hearsOfIt(t: TestContext, world: CodexWorld, session: ClientSession): Promise<void> {
  const id = await startJob(world, session);
  session.type('half a thought');
  const ended = performance.now();
  endJob(world);
  const [told] = await until('the notice has come', () => notices(world).length > 0 && notices(world));
  t.diagnostic(`the model was asked ${Math.round(performance.now() - ended)} ms after the job's end`);
  assert.match(told ?? '', new RegExp(`${id}\\b.* failed \\(exit 3\\)`));
  assert.doesNotMatch(told ?? '', /FAILED|sh -c/);
  t.diagnostic(await delivered(world, id));
  assert.equal(notices(world).length, 1, notices(world).join('\n---\n'));
  await session.waitScreen('what was half typed', 'half a thought');
  session.press('C-u');
}

/** A background job of the session's, by its shell, that fails once `endJob` lets it. */
async function startJob(world: CodexWorld, session: ClientSession): Promise<string> {
  await session.say(`[[exec:${command(world)}]][[say:it runs]]`);
  await session.waitScreen('the end of the turn', /^\s*• it runs/m);
  const [job] = readState(world.layout).jobs;
  assert.equal(job?.origin?.host, 'codex');
  return job.id;
}

function command({ companion }: CodexWorld): string {
  return `${companion} run --background -- sh -c "until [ -e gate ]; do sleep 0.1; done; echo 3 of 40 tests FAILED; exit 3"`;
}

function endJob(world: CodexWorld): void {
  writeFileSync(join(world.workspace, 'gate'), '');
}

/** The distinct texts of ours that reached the model; Codex also has a title made of its first prompts. */
function notices({ codexModel }: CodexWorld): string[] {
  const texts = codexModel.requests.flatMap(({ body }) =>
    body.input.flatMap(({ content = '' }) =>
      typeof content === 'string' ? content : content.map(({ text = '' }) => text),
    ),
  );
  return [...new Set(texts.filter((text) => /^(<hook_prompt[^>]*>)?codex-companion notice /.test(text)))];
}

/** Waits until the receipt is seen. */
async function delivered(world: CodexWorld, id: string): Promise<string> {
  const notice = await until('the receipt is seen', async () => {
    await world.cli('sweep');
    const view = await noticeOf(world, id);
    return view?.state === 'delivered' && view;
  });
  return JSON.stringify(notice);
}

async function noticeOf(world: CodexWorld, id: string) {
  return (await world.ask('status', id)).job.notice;
}

/** A message of ours stands, or stood, in the queue that Codex keeps. */
function queued({ account }: CodexWorld): boolean {
  const home = join(account.home, '.codex');
  return readdirSync(home)
    .filter((name) => name.startsWith('queue_'))
    .some((name) => readFileSync(join(home, name), 'latin1').includes('codex-companion notice '));
}

async function exec(world: CodexWorld, prompt: string) {
  const args = [
    '--dangerously-bypass-hook-trust',
    '--skip-git-repo-check',
    '--sandbox',
    'danger-full-access',
  ];
  return mustSucceed(
    'codex exec',
    await world.codex.run(['exec', ...args, prompt], { cwd: world.workspace }),
  );
}

async function quit(session: ClientSession): Promise<boolean> {
  return (await session.exit()) === 0;
}
