import type { ByteRange, NodeFileStat } from "../ports/files.ts";

/** What the control plane asks of a node's files, where it cannot look itself. */
export type FileQuestion =
  | { readonly op: "stat"; readonly path: string }
  | { readonly op: "read"; readonly path: string; readonly range?: ByteRange }
  | { readonly op: "list"; readonly path: string; readonly recursive: boolean; readonly after?: string; readonly limit: number }
  | { readonly op: "remove"; readonly path: string; readonly recursive: boolean };

/** Comes to a node beside its other messages. The node puts a file's content first, where one is asked for, then the reply. */
export interface FileRequest {
  readonly kind: "files";
  readonly question: FileQuestion;
  /** Takes a PUT of the {@link FileReply}, as JSON. */
  readonly replyUrl: string;
  /** Takes a PUT of the content. */
  readonly contentUrl: string;
}

/** `found: false`: there is no such file or directory. */
export type FileReply =
  | { readonly op: "stat"; readonly found: boolean; readonly stat?: NodeFileStat }
  | { readonly op: "read"; readonly found: boolean }
  | { readonly op: "list"; readonly found: boolean; readonly files?: readonly NodeFileStat[]; readonly next?: string }
  | { readonly op: "remove"; readonly outcome: "removed" | "missing" | "not-empty" }
  | { readonly op: "failed"; readonly reason: string };
