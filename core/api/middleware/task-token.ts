import { Refusal } from "../../domain/errors.ts";
import { readTaskToken } from "../../domain/task-token.ts";
import { isRunningAttempt } from "../../services/tasks/running-attempt.ts";
import type { ApiContext } from "../call.ts";

/** The bearer token of a request, where it has one of the form of ours. */
export function bearerToken(headers: Headers): string | undefined {
  return /^Bearer ([\w-]{1,1024}\.[\w-]{43})$/i.exec(headers.get("authorization") ?? "")?.[1];
}

/**
 * Lets a running task do what concerns its own job, by the token that it was given. Throws AuthenticationFailed for a token that is not the service's, whose
 * attempt is over, or that is used for anything else.
 */
export async function authenticateTask(c: ApiContext, token: string, keys: readonly string[]): Promise<void> {
  const { ctx, path } = c.get("incoming");
  const claim = readTaskToken(token, keys);
  if (!claim) throw refused("The bearer token is not one that this service gave to a task. Use Shared Key.");
  const own = `/jobs/${claim.jobId}`.toLowerCase();
  // The colon in the id of a schedule's job may be sent as it is or encoded.
  const asked = path.toLowerCase().replace("%3a", ":");
  if (asked !== own && !asked.startsWith(`${own}/`)) throw refused(`A task's token is good for its job ${claim.jobId} alone.`);
  if (!(await isRunningAttempt(ctx, claim))) throw refused("The task's attempt that the token was given to does not run any more.");
}

function refused(detail: string): Refusal {
  return new Refusal("AuthenticationFailed", { AuthenticationErrorDetail: detail });
}
