/** `GET` of a blob's signed URL with `comp` set to this answers, as text, a URL that takes a PUT of the blob, also of one too large for the endpoint itself. */
export const UPLOAD_PLACE = "shoal-upload-url";
