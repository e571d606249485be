import { dirname } from 'node:path';
import { CompanionError } from '../domain/errors.ts';
import { type Environment, stateRoot } from '../process/environment.ts';
import { findWorkspaceRoot, type WorkspaceLayout, workspaceLayout } from '../state/layout.ts';
import { makeContext } from '../supervisor/context.ts';
import { type EndedSession, finishEnd } from '../supervisor/end-session.ts';
import { sweep } from '../supervisor/sweep.ts';

/** What a hook has no time for. It travels as one argument of the program's second form, `follow-up JSON`. */
export type FollowUp =
  | { kind: 'end'; session: EndedSession; directories: string[] }
  | { kind: 'sweep'; directory: string };

export async function followUp(environment: Environment, program: string, work: FollowUp): Promise<void> {
  const root = stateRoot(environment);
  switch (work.kind) {
    case 'end':
      return finishEnd(root, work.session, existingWorkspaces(root, work.directories));
    case 'sweep':
      await sweep(makeContext(environment, work.directory, dirname(program)).layout);
  }
}

/** The workspaces of directories that still exist. */
function existingWorkspaces(root: string, directories: string[]): WorkspaceLayout[] {
  return directories.flatMap((directory) => {
    try {
      return [workspaceLayout(root, findWorkspaceRoot(directory))];
    } catch (error) {
      // A deleted directory: its jobs are found by the session's own list, its record by the client's death.
      if (error instanceof CompanionError) return [];
      throw error;
    }
  });
}
