import type { HostName } from '../domain/base/hosts.ts';
import type { ProcessIdentity } from '../domain/base/identity.ts';
import { argumentsOf } from '../process/command-line.ts';
import type { Environment } from '../process/environment.ts';

/** What tells of the host that asks. */
export interface Asker {
  host: HostName;
  environment: Environment;
}

/** Does the client answer one prompt and go? What is told to it from outside then is dropped, or waits in its queue. */
export function isOneShot({ host, environment }: Asker, client: ProcessIdentity | null): boolean {
  const args = client ? argumentsOf(client.pid) : undefined;
  if (host === 'codex') return args !== undefined && isCodexExec(args);
  return args ? isOneShotCommand(args) : environment.CLAUDE_CODE_ENTRYPOINT === 'sdk-cli';
}

/** `codex exec` and `codex review`, wherever options of all commands stand. */
export function isCodexExec(args: string[]): boolean {
  return args.slice(1).some((word) => ['exec', 'e', 'review'].includes(word));
}

/**
 * Does Claude Code answer one prompt and go (`claude -p`)? A woken agent's text is dropped there. The variables are the
 * same as with `--input-format stream-json`, which goes on, so its own arguments tell (tried with 2.1.197 and 2.1.329).
 */
export function isOneShotCommand(args: string[]): boolean {
  const own = args.slice(1);
  const prints = own.some((word) => word === '--print' || /^-[a-zA-Z]*p[a-zA-Z]*$/.test(word));
  return prints && !own.some((word, at) => isStreaming(word, own[at + 1]));
}

function isStreaming(word: string, next: string | undefined): boolean {
  return (word === '--input-format' && next === 'stream-json') || word === '--input-format=stream-json';
}
