import { ValidateBy, buildMessage } from 'class-validator';

/** OpenAI's bounds: so many texts, or so many tokens. */
const MOST = 2_048;

/** A text, tokens, or a list of either: what `prompt` and `input` may be. */
export function IsTextOrTokens(): PropertyDecorator {
  return ValidateBy({
    name: 'isTextOrTokens',
    validator: {
      validate: isTextOrTokens,
      defaultMessage: buildMessage(
        (each) => `${each}$property must be a string, an array of strings, or an array of tokens`,
      ),
    },
  });
}

/** A text, or a list of texts or parts, as moderations take them. */
export function IsTextOrParts(): PropertyDecorator {
  return ValidateBy({
    name: 'isTextOrParts',
    validator: {
      validate: (value) => typeof value === 'string' || Array.isArray(value),
      defaultMessage: buildMessage(
        (each) => `${each}$property must be a string, or an array of texts or parts`,
      ),
    },
  });
}

/** Not empty, and not longer than OpenAI takes. */
export function IsNotTooMany(): PropertyDecorator {
  return ValidateBy({
    name: 'isNotTooMany',
    validator: {
      validate: (value) => !Array.isArray(value) || (value.length > 0 && value.length <= MOST),
      defaultMessage: buildMessage((each) => `${each}$property must have from 1 to ${MOST} items`),
    },
  });
}

function isTextOrTokens(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (!Array.isArray(value)) return false;
  return value.every(isText) || value.every(isToken) || value.every(isTokens);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isToken(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isToken);
}
