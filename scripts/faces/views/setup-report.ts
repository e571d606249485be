import type { SetupCheck } from '../../use-cases/doctor/check-setup.ts';
import type { SessionRuntime } from './session-runtime.ts';

/** What `setup` tells; the keys of 1.0.5. */
export interface SetupReport extends SetupCheck {
  ready: boolean;
  sessionRuntime: SessionRuntime;
  reviewGateEnabled: boolean;
  maxParallel: number | null;
  keepDays: number | null;
  keepBytes: number | null;
  promoteBackground: boolean;
  wakeClosedSession: boolean;
  desktopNotifications: boolean;
  /** why none could be shown from here, whether they are on or off */
  desktopObstacle: string | null;
  holdOneShotTurnSeconds: number;
  actionsTaken: string[];
  nextSteps: string[];
}
