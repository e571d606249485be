import { createHash } from 'node:crypto';
import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CompanionError, systemCode } from '../domain/base/errors.ts';
import type { HostName } from '../domain/base/hosts.ts';

/** The files of one workspace. All paths are absolute. */
export interface WorkspaceLayout {
  root: string;
  workspaceRoot: string;
  directory: string;
  stateFile: string;
  lockDirectory: string;
  settingsFile: string;
  historyFile: string;
  /** a file for each broker: what a rebuilt index knows of them */
  brokers: string;
  jobs: string;
  /** `numbers/12` is a link to the id of the job that has the number */
  numbers: string;
}

/**
 * The canonical repository root above `cwd`, or the directory itself outside git. No git program is started: hooks
 * have no time for it, and it would run what a repository's configuration says.
 */
export function findWorkspaceRoot(cwd: string): string {
  let directory: string;
  let stat: Stats;
  try {
    directory = realpathSync(cwd);
    stat = statSync(directory);
    if (!stat.isDirectory()) throw new CompanionError('usage', `${cwd} is not a directory.`);
  } catch (error) {
    if (error instanceof CompanionError) throw error;
    throw new CompanionError(
      'usage',
      `Cannot use the directory ${cwd}: ${systemCode(error) ?? String(error)}.`,
      {
        hint: 'Name an existing directory with --cwd DIR.',
        cause: error,
      },
    );
  }
  const owners = [ROOT, process.getuid?.() ?? stat.uid, stat.uid];
  for (let up = directory; ; up = dirname(up)) {
    if (isRepository(join(up, '.git'), owners)) return up;
    if (up === dirname(up)) return directory;
  }
}

const ROOT = 0;

/**
 * A directory with what git asks of one (HEAD, objects, refs: gitrepository-layout(5)), or the file of a linked worktree or
 * submodule; git passes over anything else, too. It is ours,
 * root's, or whose directory we stand in (a checkout that is mounted into a container): above a shared directory anybody may
 * plant one, which would take our jobs out of sight.
 */
function isRepository(git: string, owners: number[]): boolean {
  try {
    const stat = statSync(git, { throwIfNoEntry: false });
    if (!stat || !owners.includes(stat.uid)) return false;
    return stat.isFile() || ['HEAD', 'objects', 'refs'].every((part) => existsSync(join(git, part)));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false; // a link to itself, or nothing that we may look at
  }
}

/** `<slug>-<hash>`, the same name that openai/codex-plugin-cc 1.0.5 gave a workspace. */
export function workspaceName(workspaceRoot: string): string {
  const slug =
    basename(workspaceRoot)
      .replace(/[^a-zA-Z0-9._-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'workspace';
  const hash = createHash('sha256').update(workspaceRoot).digest('hex').slice(0, 16);
  return `${slug.slice(0, 80)}-${hash}`;
}

export function workspaceLayout(root: string, workspaceRoot: string): WorkspaceLayout {
  return layoutAt(root, workspaceRoot, join(root, 'workspaces', workspaceName(workspaceRoot)));
}

export function layoutAt(root: string, workspaceRoot: string, directory: string): WorkspaceLayout {
  return {
    root,
    workspaceRoot,
    directory,
    stateFile: join(directory, 'state.json'),
    lockDirectory: join(directory, 'state.lock'),
    settingsFile: join(directory, 'settings.json'),
    historyFile: join(directory, 'history.jsonl'),
    brokers: join(directory, 'brokers'),
    jobs: join(directory, 'jobs'),
    numbers: join(directory, 'numbers'),
  };
}

/** The workspace that a job's directory lies in: `<root>/workspaces/<name>/jobs/<id>`. */
export function layoutOfJob(directory: string, workspaceRoot: string): WorkspaceLayout {
  const workspace = dirname(dirname(directory));
  return layoutAt(dirname(dirname(workspace)), workspaceRoot, workspace);
}

export function jobDirectory(layout: WorkspaceLayout, id: string): string {
  return join(layout.jobs, id);
}

/** Found by session id alone, without git, hash or node: the SessionEnd hook's fast path looks here. */
export function sessionDirectory(root: string, host: HostName, sessionId: string): string {
  return join(root, 'sessions', `${host}-${safeName(sessionId)}`);
}

/** Session ids come from outside: anything that is not a plain name is replaced by its hash. */
export function safeName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text)) return text;
  return `sha256-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** Beside the root, not in the workspace's directory: a socket's path may hold no more than about 100 bytes. */
export function socketPath(root: string, brokerId: string): string {
  return join(root, 'run', `${brokerId}.sock`);
}
