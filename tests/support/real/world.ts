import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../wait.ts';
import { type Account, environment, makeAccount } from './account.ts';
import { type Claude, setUpClaude } from './claude.ts';
import type { ClaudeSession } from './claude-session.ts';
import type { Clients } from './clients.ts';
import { type Codex, setUpCodex } from './codex.ts';
import { type MessagesApi, startMessagesApi } from './messages-api.ts';
import { copyPlugin, type PluginCopy } from './plugin-copy.ts';
import { type ResponsesApi, startResponsesApi } from './responses-api.ts';
import { mustSucceed, run } from './run.ts';

/** A person's machine: one home, one repository, both agents, and our plugin in Claude Code. */
export interface RealWorld extends AsyncDisposable {
  account: Account;
  /** A git repository with one commit, trusted by Claude Code. */
  workspace: string;
  claude: Claude;
  claudeModel: MessagesApi;
  codex: Codex;
  codexModel: ResponsesApi;
  /** Path of `codex-companion`, for shells that have it on no PATH. */
  companion: string;
  /** What it prints with `--json` in a bare terminal of this user; throws where it does not exit with 0. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare what they find in it
  ask(...args: string[]): Promise<any>;
  /** Claude Code in the workspace, at its prompt. */
  startSession(): Promise<ClaudeSession>;
  /** Leaves this session by /exit and starts another one. */
  newSession(old: ClaudeSession): Promise<ClaudeSession>;
  /** A prompt whose turn runs one command with the Bash tool; returns what the tool told the model. */
  bash(session: ClaudeSession, command: string): Promise<string>;
  /** Our plugin in Codex too. */
  codexPluginInstall(): Promise<void>;
}

/** @param claude the release of Claude Code, one of the clients' two */
export async function realWorld(clients: Clients, claude: string = clients.claude): Promise<RealWorld> {
  const account = await makeAccount();
  const models = { claude: await startMessagesApi(), codex: await startResponsesApi() };
  const dispose = () => disposeAll([account, models.claude, models.codex]);
  try {
    return { ...(await furnish(account, clients, claude, models)), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function furnish(
  account: Account,
  clients: Clients,
  program: string,
  models: { claude: MessagesApi; codex: ResponsesApi },
): Promise<Omit<RealWorld, typeof Symbol.asyncDispose>> {
  const workspace = await makeRepository(account);
  const plugin = await copyPlugin(account);
  const codex = await setUpCodex(account, clients, models.codex.baseUrl, { plugins: true });
  const claude = await setUpClaude(account, program, models.claude.url, {
    path: [clients.codexFolder],
    trust: [workspace],
  });
  await installPlugin(claude, plugin, 'install', workspace);
  const companion = join(plugin.folder, 'bin/codex-companion');
  const startSession = () => claude.start({ cwd: workspace });
  return {
    ...{ account, workspace, claude, codex, startSession },
    companion,
    ask: async (...args) => {
      const result = await run(companion, [...args, '--json'], { cwd: workspace, env: codex.env });
      return JSON.parse(mustSucceed(`codex-companion ${args.join(' ')}`, result).stdout);
    },
    claudeModel: models.claude,
    codexModel: models.codex,
    newSession: async (old) => {
      await old.exit();
      await old[Symbol.asyncDispose]();
      return startSession();
    },
    bash: (session, command) => bashTurn(session, models.claude, command),
    codexPluginInstall: () => installPlugin(codex, plugin, 'add', workspace),
  };
}

async function makeRepository(account: Account): Promise<string> {
  const workspace = account.path('project');
  await mkdir(workspace);
  await writeFile(join(workspace, 'README.md'), '# A project\n');
  const git = async (...args: string[]) =>
    mustSucceed('git', await run('git', args, { cwd: workspace, env: environment(account) }));
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git(
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@localhost',
    'commit',
    '--quiet',
    '--message=Start',
  );
  return workspace;
}

/** The two commands that a README would give; the hosts name the second one differently. */
async function installPlugin(host: Claude | Codex, plugin: PluginCopy, verb: 'install' | 'add', cwd: string) {
  for (const args of [
    ['marketplace', 'add', plugin.folder],
    [verb, plugin.name],
  ])
    mustSucceed(`plugin ${args.join(' ')}`, await host.run(['plugin', ...args], { cwd }));
}

let steps = 0;

async function bashTurn(session: ClaudeSession, model: MessagesApi, command: string): Promise<string> {
  // Named, so that a turn which nobody asked for (a notice of ours) cannot take this one's script.
  const step = `step ${++steps}`;
  const call = { id: `toolu_${steps}`, name: 'Bash', input: { command, description: step } };
  model.script(
    { when: { newText: `Do ${step}.` }, tools: [call] },
    { when: { resultOf: call.id }, text: `That was ${step}.` },
  );
  await session.say(`Do ${step}.`);
  const told = () => {
    const text = model.toolResult(call.id);
    return text === undefined ? undefined : { text };
  };
  const { text } = await until(`the command of ${step} has ended: ${command}`, told, 60_000);
  await session.waitScreen(`the end of ${step}`, `That was ${step}.`);
  return text;
}

/** All are disposed of, whatever one of them throws. */
async function disposeAll(resources: AsyncDisposable[]): Promise<void> {
  const results = await Promise.allSettled(resources.map((resource) => resource[Symbol.asyncDispose]()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
