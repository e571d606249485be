import { dirname } from 'node:path';
import { CompanionError, isTrouble } from '../../domain/base/errors.ts';
import { type Environment, stateRoot } from '../../process/environment.ts';
import { findWorkspaceRoot, type WorkspaceLayout, workspaceLayout } from '../../state/layout.ts';
import { busyWorkspaces } from '../../state/workspace/busy.ts';
import { workspaceAt } from '../../use-cases/reading/find-job.ts';
import { type EndedSession, finishEnd } from '../../use-cases/sessions/end.ts';
import { importOldState } from '../../use-cases/upkeep/import-old-state.ts';
import { seeToSessions } from '../../use-cases/upkeep/see-to-sessions.ts';
import { sweepWorkspace } from '../../use-cases/upkeep/sweep.ts';

/** What a hook has no time for. It travels as one argument of the program's second form, `follow-up JSON`. */
export type FollowUp =
  | { kind: 'end'; session: EndedSession; directories: string[] }
  | { kind: 'sweep'; directory: string; importFrom: string[] };

export async function followUp(environment: Environment, program: string, work: FollowUp): Promise<void> {
  const root = stateRoot(environment);
  switch (work.kind) {
    case 'end':
      return finishEnd(root, work.session, existingWorkspaces(root, work.directories));
    case 'sweep': {
      const own = existingWorkspaces(root, [work.directory]);
      for (const layout of own) await importOldState(layout, work.importFrom, dirname(program));
      return sweepWhereJobsLive(root, own);
    }
  }
}

/** Also other workspaces: a session that was killed there may never be followed by one that looks after its jobs. */
async function sweepWhereJobsLive(root: string, own: WorkspaceLayout[]): Promise<void> {
  const others = busyWorkspaces(root).filter((directory) => own.every((one) => one.directory !== directory));
  for (const layout of [...own, ...others.map((directory) => workspaceAt(root, directory))]) {
    try {
      await sweepWorkspace(layout);
    } catch (error) {
      // One workspace that is locked, damaged or read-only must not keep the others waiting.
      if (!isTrouble(error)) throw error;
    }
  }
  await seeToSessions(root, { places: own.map(({ directory }) => directory) });
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
