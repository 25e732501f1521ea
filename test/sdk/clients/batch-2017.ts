import type { Account, Answer, Client } from "./client.ts";
import { momentDuration, momentMilliseconds, type OldResponse, oldAnswer, oldMethod, oldModel, oldService } from "./old-client.ts";

/** `azure-batch` 0.6: callbacks. */
export function batch2017(account: Account): Client {
  const service = oldService("azure-batch-2017", account);
  return {
    version: "2017-01-01.4.0",
    year: 2017,
    call: (group, method, ...parameters) =>
      new Promise<Answer>((resolve, reject) => {
        const operation = oldMethod(service, group, method);
        operation(...parameters, (error: Error | null, value: unknown, _request: unknown, response: OldResponse) => {
          if (error) reject(error);
          else oldAnswer(value, response).then(resolve, reject);
        });
      }),
    model: (name) => oldModel(service.models, name),
    duration: (iso) => momentDuration("azure-batch-2017", iso),
    milliseconds: momentMilliseconds,
  };
}
