import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkspaceLayout } from '../../../scripts/state/layout.ts';
import { makeContext } from '../../../scripts/use-cases/context.ts';
import { builtBundles } from '../bundles.ts';
import { until } from '../wait.ts';
import { type Account, environment, makeAccount } from './account.ts';
import { type Claude, setUpClaude } from './claude.ts';
import type { ClaudeSession } from './claude-session.ts';
import type { Clients } from './clients.ts';
import { type Codex, setUpCodex } from './codex.ts';
import { type MessagesApi, startMessagesApi } from './messages-api.ts';
import { copyPlugin, type PluginCopy } from './plugin-copy.ts';
import { type ResponsesApi, startResponsesApi } from './responses-api.ts';
import { mustSucceed, type RunResult, run } from './run.ts';

/** A person's machine: one home, one repository, Codex, and our command line. */
export interface CodexWorld extends AsyncDisposable {
  account: Account;
  /** A git repository with one commit. */
  workspace: string;
  /** Where our state of that repository is kept. */
  layout: WorkspaceLayout;
  codex: Codex;
  codexModel: ResponsesApi;
  /** Where our plugin is installed from. */
  plugin: PluginCopy;
  /** Path of `codex-companion`, for shells that have it on no PATH. */
  companion: string;
  /** `codex-companion` in a bare terminal of this user. */
  cli(...args: string[]): Promise<RunResult>;
  /** What it prints with `--json`; throws where it does not exit with 0. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare what they find in it
  ask(verb: string, ...args: string[]): Promise<any>;
  /** Our plugin in Codex. */
  codexPluginInstall(): Promise<void>;
}

/** The same with Claude Code, which trusts the repository and has our plugin from the marketplace. */
export interface RealWorld extends CodexWorld {
  claude: Claude;
  claudeModel: MessagesApi;
  /** Claude Code in the workspace, at its prompt. */
  startSession(): Promise<ClaudeSession>;
  /** Leaves this session by /exit and starts another one. */
  newSession(old: ClaudeSession): Promise<ClaudeSession>;
  /**
   * A prompt whose turn runs one command with the Bash tool, or starts it in the tool's background; returns what the
   * tool told the model.
   */
  bash(session: ClaudeSession, command: string, options?: BashOptions): Promise<string>;
}

interface BashOptions {
  inBackground?: boolean;
}

type Undisposed<T> = Omit<T, typeof Symbol.asyncDispose>;

export async function codexWorld(clients: Clients): Promise<CodexWorld> {
  const account = await makeAccount();
  const codexModel = await startResponsesApi();
  return furnished([account, codexModel], async () => {
    const plugin = await copyPlugin(account);
    return withCodex(account, clients, plugin, codexModel);
  });
}

/**
 * @param claude the release of Claude Code, one of the clients' two
 * @param from where the plugin is installed from
 */
export async function realWorld(
  clients: Clients,
  claude: string = clients.claude,
  from: (account: Account) => Promise<PluginCopy> = copyPlugin,
): Promise<RealWorld> {
  const account = await makeAccount();
  const models = { claude: await startMessagesApi(), codex: await startResponsesApi() };
  return furnished([account, models.claude, models.codex], async () => {
    const plugin = await from(account);
    const world = await withCodex(account, clients, plugin, models.codex);
    return { ...world, ...(await withClaude(world, clients, claude, plugin, models.claude)) };
  });
}

async function furnished<T>(
  resources: AsyncDisposable[],
  furnish: () => Promise<T>,
): Promise<T & AsyncDisposable> {
  const dispose = () => disposeAll(resources);
  try {
    return { ...(await furnish()), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function withCodex(
  account: Account,
  clients: Clients,
  plugin: PluginCopy,
  codexModel: ResponsesApi,
): Promise<Undisposed<CodexWorld>> {
  const workspace = await makeRepository(account);
  const codex = await setUpCodex(account, clients, codexModel.baseUrl, { plugins: true });
  const companion = join(plugin.folder, 'bin/codex-companion');
  const cli = (...args: string[]) => run(companion, args, { cwd: workspace, env: codex.env });
  return {
    ...{ account, workspace, codex, codexModel, plugin, companion, cli },
    layout: makeContext(environment(account), workspace, builtBundles()).layout,
    ask: async (verb, ...args) => {
      const answer = await cli(verb, '--json', ...args);
      return JSON.parse(mustSucceed(`codex-companion ${verb} ${args.join(' ')}`, answer).stdout);
    },
    codexPluginInstall: () => installPlugin(codex, plugin, 'add', workspace),
  };
}

async function withClaude(
  { account, workspace }: Undisposed<CodexWorld>,
  clients: Clients,
  program: string,
  plugin: PluginCopy,
  claudeModel: MessagesApi,
): Promise<Omit<RealWorld, keyof CodexWorld>> {
  const claude = await setUpClaude(account, program, claudeModel.url, {
    path: [clients.codexFolder],
    trust: [workspace],
  });
  await installPlugin(claude, plugin, 'install', workspace);
  const startSession = () => claude.start({ cwd: workspace });
  return {
    ...{ claude, claudeModel, startSession },
    newSession: async (old) => {
      await old.exit();
      await old[Symbol.asyncDispose]();
      return startSession();
    },
    bash: (session, command, options) => bashTurn(session, claudeModel, command, options),
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

async function bashTurn(
  session: ClaudeSession,
  model: MessagesApi,
  command: string,
  { inBackground = false }: BashOptions = {},
): Promise<string> {
  // Named, so that a turn which nobody asked for (a notice of ours) cannot take this one's script.
  const step = `step ${++steps}`;
  const call = {
    id: `toolu_${steps}`,
    name: 'Bash',
    input: { command, description: step, run_in_background: inBackground },
  };
  model.script(
    { when: { newText: `Do ${step}.` }, tools: [call] },
    { when: { resultOf: call.id }, text: `That was ${step}.` },
  );
  await session.say(`Do ${step}.`);
  const told = () => {
    const text = model.toolResult(call.id);
    return text === undefined ? undefined : { text };
  };
  const { text } = await until(`the command of ${step} has ended: ${command}`, told).catch((cause) => {
    throw new Error(`${cause.message} The client's screen:\n${session.screen()}`, { cause });
  });
  await session.waitScreen(`the end of ${step}`, `That was ${step}.`);
  return text;
}

/** All are disposed of, whatever one of them throws. */
async function disposeAll(resources: AsyncDisposable[]): Promise<void> {
  const results = await Promise.allSettled(resources.map((resource) => resource[Symbol.asyncDispose]()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
