import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, environment, pathOf } from './account.ts';
import { AppServer } from './app-server.ts';
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
  await writeFile(join(folder, 'config.toml'), configuration(baseUrl, options));
  const features = options.plugins ? ['-c', 'features.plugins=true'] : [];
  const env = environment(account, { PATH: pathOf(clients.codexFolder), TERM: 'dumb' });
  return {
    env,
    run: (args, { cwd }) => run(clients.codex, [...features, ...args], { cwd, env }),
    appServer: (args = []) => AppServer.start(clients.codex, args, { env, cwd: account.root }),
  };
}

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
${trust.map((path) => `\n[projects.${quoted(path)}]\ntrust_level = "trusted"\n`).join('')}`;
}
