/** Who knows no developer takes what one says as the system's. */
export const OLDER_ROLES = { roles: { developer: 'system' } } as const;

/** The words of OpenAI's wire before its models thought, which most servers have kept. */
export const OLDER_NAMES = { ...OLDER_ROLES, rename: { max_completion_tokens: 'max_tokens' } } as const;
