/** The part for notify-send, which the package does not type. */
declare module 'toasted-notifier/notifiers/notifysend.js' {
  export default class NotifySend {
    notify(
      notification: { title: string; message: string; 'app-name': string },
      /** `problem`: an error, or what notify-send wrote to stderr; empty where it wrote nothing */
      done: (problem: Error | string | null) => void,
    ): void;
  }
}
