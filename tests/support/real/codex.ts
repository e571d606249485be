import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, environment, pathOf } from './account.ts';
import { AppServer } from './app-server.ts';
import { ClientSession } from './client-session.ts';
import type { Clients } from './clients.ts';
import { type RunResult, run } from './run.ts';

export interface CodexOptions {
  /** Folders whose own configuration and hooks Codex may read. */
  trust?: string[];
  /**
   * Plugins are loaded by `run`. The configuration leaves them off: else every app-server that somebody starts
   * would ask GitHub for marketplaces.
   */
  plugins?: boolean;
}

/** Codex of an account, whose only model is the one behind `baseUrl`. */
export interface Codex {
  env: Record<string, string>;
  /** Any subcommand. */
  run(args: string[], options: { cwd: string }): Promise<RunResult>;
  /** An interactive session, at its prompt, in which commands run without a sandbox and hooks without being approved. */
  start(options: { cwd: string; args?: string[] }): Promise<ClientSession>;
  /**
   * Writes into the configuration what `start` says by flags, which keep Codex from using its daemon: plugins are loaded, all
   * hooks of this directory approved, and commands run without a sandbox.
   */
  approveAll(cwd: string): Promise<void>;
  /** `codex app-server` over stdio, initialized. */
  appServer(args?: string[]): Promise<AppServer>;
}

export async function setUpCodex(
  account: Account,
  clients: Clients,
  baseUrl: string,
  options: CodexOptions = {},
): Promise<Codex> {
  const folder = join(account.home, '.codex');
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'config.toml');
  await writeFile(config, configuration(baseUrl, options));
  const features = options.plugins ? ['-c', 'features.plugins=true'] : [];
  const env = environment(account, { PATH: pathOf(clients.codexFolder), TERM: 'dumb' });
  return {
    env,
    run: (args, { cwd }) => run(clients.codex, [...features, ...args], { cwd, env }),
    start: async ({ cwd, args = ['--no-daemon', ...features, ...unattended] }) => {
      const known = await readFile(config, 'utf8');
      if (!known.includes(trusting(cwd))) await appendFile(config, trusting(cwd));
      const command = [clients.codex, ...args];

      const terminal = { cwd, env: { ...env, TERM: 'xterm-256color' } };
      return ClientSession.start(account, command, terminal, { prompt: /^\s*›\s/m, quit: '/quit' });
    },
    approveAll: async (cwd) => {
      const free = 'sandbox_mode = "danger-full-access"\napproval_policy = "never"\n';
      const known = (await readFile(config, 'utf8')).replace('plugins = false', 'plugins = true');
      await writeFile(config, `${free}${known}${trusting(cwd)}`);
      await using server = await AppServer.start(clients.codex, [], { env, cwd: account.root });
      const { data } = await server.request('hooks/list', { cwds: [cwd] });
      const hooks = (data as { hooks: { key: string; currentHash: string }[] }[]).flatMap((one) => one.hooks);
      const edits = hooks.map(({ key, currentHash }) => {
        const value = { trusted_hash: currentHash };
        return { keyPath: `hooks.state.${quoted(key)}`, value, mergeStrategy: 'upsert' };
      });
      await server.request('config/batchWrite', { edits });
    },
    appServer: (args = []) => AppServer.start(clients.codex, args, { env, cwd: account.root }),
  };
}

const unattended = [
  '--dangerously-bypass-hook-trust',
  '--sandbox',
  'danger-full-access',
  '--ask-for-approval',
  'never',
];

/** A JSON string is a TOML basic string for all that stands here. */
const quoted = JSON.stringify;

function configuration(baseUrl: string, { trust = [] }: CodexOptions): string {
  return `model = "mock-model"
model_provider = "mock"
check_for_update_on_startup = false

[analytics]
enabled = false

# All that would reach for the network by itself.
[features]
plugins = false
apps = false
remote_plugin = false
plugin_sharing = false
tool_suggest = false
api_key_model_discovery = false
enable_request_compression = false

[model_providers.mock]
name = "Mock"
base_url = ${quoted(baseUrl)}
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
stream_idle_timeout_ms = 600000
${trust.map(trusting).join('')}`;
}

function trusting(path: string): string {
  return `\n[projects.${quoted(path)}]\ntrust_level = "trusted"\n`;
}
