/** The four members of an OpenAI error. */
export interface ErrorFields {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** An OpenAI-shaped error body, as text. */
export function errorBody({ message, type, param, code }: ErrorFields): string {
  return JSON.stringify({ error: { message, type, param, code } });
}

/** A request that the sandbox itself refuses; becomes a 400 or 404 with an OpenAI-shaped body. */
export class Fault extends Error {
  constructor(
    message: string,
    readonly param: string | null = null,
    readonly code: string | null = null,
    readonly status = 400,
  ) {
    super(message);
  }

  /** The body to answer with. */
  body(): string {
    return errorBody({
      message: this.message,
      type: 'invalid_request_error',
      param: this.param,
      code: this.code,
    });
  }
}

const BY_STATUS = new Map<number, ErrorFields>([
  [400, refusal("Invalid 'messages': refused by the sandbox script.", 'invalid_value', 'messages')],
  [401, refusal('Incorrect API key provided.', 'invalid_api_key')],
  [402, refusal('Payment required.', 'insufficient_quota')],
  [403, refusal('You are not allowed to do this.', 'request_forbidden')],
  [404, refusal('The model does not exist or you do not have access to it.', 'model_not_found')],
  [
    429,
    {
      message: 'Rate limit reached for requests.',
      type: 'requests',
      param: null,
      code: 'rate_limit_exceeded',
    },
  ],
]);

const SERVER_ERROR: ErrorFields = {
  message: 'The server had an error while processing your request.',
  type: 'server_error',
  param: null,
  code: 'server_error',
};

function refusal(message: string, code: string | null, param: string | null = null): ErrorFields {
  return { message, type: 'invalid_request_error', param, code };
}

/** The error that OpenAI would give with this status. */
export function errorForStatus(status: number): ErrorFields {
  if (status >= 500) return SERVER_ERROR;
  return BY_STATUS.get(status) ?? refusal(`The sandbox was told to answer ${status}.`, null);
}

/** The error under a status of 200: in a stream (`error_first`, `error_after`) or as a body (`ok_error`). */
export const ERROR_UNDER_200 = errorBody(SERVER_ERROR);

/** The page of a proxy that knows no JSON. */
export function htmlPage(status: number): string {
  return `<html>\r\n<head><title>${status} Sandbox</title></head>\r\n<body><center><h1>${status} Sandbox</h1></center></body>\r\n</html>\r\n`;
}
