import { invalidProperty } from "../../domain/errors.ts";

export interface LogUpload {
  readonly containerUrl: string;
}

/** What an UploadBatchServiceLogsConfiguration body asks for. The times are checked and no more: the log is kept as one file. Throws InvalidPropertyValue. */
export function logUpload(body: Record<string, unknown>): LogUpload {
  const { containerUrl, startTime, endTime } = body as { containerUrl: string; startTime: string; endTime?: string };
  if (!URL.canParse(containerUrl) || !/^https?:$/.test(new URL(containerUrl).protocol)) {
    throw invalidProperty(
      "containerUrl",
      containerUrl,
      "The value must be the http or https URL of a container, with the right to write to it.",
    );
  }
  if (endTime !== undefined && Date.parse(endTime) <= Date.parse(startTime)) {
    throw invalidProperty("endTime", endTime, "The value must be later than startTime.");
  }
  return { containerUrl };
}
