import { type Environment, stateRoot } from '../process/environment.ts';
import { findWorkspaceRoot, type WorkspaceLayout, workspaceLayout } from '../state/layout.ts';

/** What every use case needs to know about where it runs. Made once, at the door. */
export interface Context {
  environment: Environment;
  /** where all state is kept, absolute */
  root: string;
  /** the directory asked about, canonical */
  cwd: string;
  layout: WorkspaceLayout;
  /** the directory of the bundles that this process runs from, absolute */
  bundles: string;
}

/** Throws a usage error where `cwd` is not an existing directory. */
export function makeContext(environment: Environment, cwd: string, bundles: string): Context {
  const root = stateRoot(environment);
  const workspaceRoot = findWorkspaceRoot(cwd);
  return { environment, root, cwd, layout: workspaceLayout(root, workspaceRoot), bundles };
}
