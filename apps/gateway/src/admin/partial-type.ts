import { getMetadataStorage } from 'class-validator';
import type { Type } from '@nestjs/common';
import { IfGiven } from './if-given.js';

/** The same fields, each of them only checked if given: the body of a PATCH. */
export function PartialType<Body extends object>(Body: Type<Body>): Type<Partial<Body>> {
  abstract class Partly extends (Body as Type<object>) {}
  const fields = getMetadataStorage().getTargetValidationMetadatas(Body, '', false, false);
  for (const name of new Set(fields.map(({ propertyName }) => propertyName))) {
    IfGiven()(Partly.prototype, name);
  }
  return Partly as unknown as Type<Partial<Body>>;
}
